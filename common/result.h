// Result<T>: a value, or an Error that says what went wrong in words a user can act on.
//
// For failures of the peer and of the environment. A broken invariant of ours is CELL0_CHECK's (common/check.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/check.h"

namespace cell0 {

// What kind of failure, so that a caller can choose its answer (an HTTP status, an exit code) without reading text.
enum class ErrorCode {
  kInvalid,          // the input is wrong; the same input will fail again
  kNotFound,         // the thing named does not exist
  kUnauthenticated,  // no credentials, or bad ones
  kForbidden,        // known, but not allowed
  kConflict,         // the state does not permit it (a port that is taken, a name in use)
  kTooLarge,         // over a stated limit
  kGone,             // it was held once and has been trimmed
  kFull,             // a queue or a store is at its limit; later may work
  kUnavailable,      // a part that is needed is not there now; later may work
  kTimeout,          // no answer in time; whether it happened is not known
  kInternal,         // the environment failed in a way that has no better name
};

// REQUIRES: text names the thing, the value and what would be right: "gateway.listen.http: 80800 is not a port
// (1-65535)".
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string text;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & { return CELL0_CHECK(ok()), std::get<0>(state_); }
  const T& value() const& { return CELL0_CHECK(ok()), std::get<0>(state_); }
  T&& value() && { return CELL0_CHECK(ok()), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const { return CELL0_CHECK(!ok()), std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return CELL0_CHECK(!ok()), *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace cell0
