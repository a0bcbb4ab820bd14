// Interned names of a log: each type and topic stands in the file once, events carry its number.
//
// Numbers are never given to another name (AUTOINCREMENT), so what is cached stays true. Names that no event has any
// more are dropped: each row says since when none has been seen (`seen`, written at most once per kNameSlack).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/seq.h"
#include "common/store/database.h"

namespace cell0::store {

enum class NameKind { kType, kTopic };

// No event with a name is newer than its `seen` + this. Seqs run with the clock (1024 a millisecond, at least): an
// hour.
constexpr std::uint64_t kNameSlack = std::uint64_t{3'600'000} << 10;

// For the writer: name -> number. Bounded: with cache_max names it forgets them all and begins anew.
class NameWriter {
 public:
  static Result<NameWriter> create(Database& database, NameKind kind, std::size_t cache_max = 65'536);

  // The name's number, in the open transaction made if need be, for an event with this seq. ~30 ns if it is cached.
  Result<std::int64_t> number_of(std::string_view name, Seq seq);

  // Drops up to `names_max` names that only events before `oldest` (the oldest event there is) had; how many.
  Result<std::int64_t> drop_unused(Seq oldest, std::int64_t names_max);

  // After a transaction that was not committed: what it made is not there.
  void forget() { known_.clear(); }

 private:
  struct Known {
    std::int64_t number = 0;
    std::uint64_t seen = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  NameWriter(Database& database, std::size_t cache_max) : database_(&database), cache_max_(cache_max) {}
  Result<Known> look_up(std::string_view name, Seq seq);

  Database* database_;
  std::size_t cache_max_;
  Statement select_, insert_, touch_, drop_;
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> known_;
};

// For readers: number -> name. Bounded in the same way.
class NameReader {
 public:
  static Result<NameReader> create(Database& database, NameKind kind, std::size_t cache_max = 65'536);

  // The name. kInvalid: no such number, the file is damaged. Valid until the next call.
  Result<std::string_view> name_of(std::int64_t number);

 private:
  explicit NameReader(std::size_t cache_max) : cache_max_(cache_max) {}

  std::size_t cache_max_;
  Statement select_;
  std::string path_;
  std::unordered_map<std::int64_t, std::string> known_;
};

}  // namespace cell0::store
