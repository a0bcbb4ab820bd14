// Revoked tokens: kept until they would have expired by themselves, whatever the retention of events. Pure; one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::broker {

struct RevocationLimits {
  std::size_t tokens_max = 100'000;  // over it more are refused: none may be forgotten before it expires
  std::size_t page_max = 1000;       // in one answer
  std::size_t id_bytes_max = 128;
};

class Revocations {
 public:
  explicit Revocations(RevocationLimits limits) : limits_(limits) {}

  // Whether it may be added. kInvalid: no id, or a token that has expired already; kFull: too many. `pending`: how many
  // others are about to be added.
  Result<void> check(const v1::Revocation& revocation, std::size_t pending, WallTime now) const;

  void add(std::string id, WallTime expires) { expires_.insert_or_assign(std::move(id), expires); }
  bool contains(const std::string& id) const { return expires_.count(id) > 0; }

  // Those with an id after this one, in order; `more` if there are others.
  v1::RevocationsAnswer page(const std::string& after) const;

  // Forgets what has expired.
  void expire(WallTime now);

  std::size_t size() const { return expires_.size(); }

 private:
  RevocationLimits limits_;
  std::map<std::string, WallTime> expires_;  // by id
};

}  // namespace cell0::broker
