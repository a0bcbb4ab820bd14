// What a log holds, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/seq.h"
#include "common/store/scan.h"

namespace cell0::store {

struct Summary {
  struct Type {
    std::string name;
    std::uint64_t events = 0;
  };
  struct Rule {
    std::string topic, type;  // empty: any
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    Seq trimmed_through;
  };
  struct Hole {
    Seq after, start;
    bool relaxed = false;
  };

  std::int64_t version = 0;
  std::uint64_t events = 0;
  Seq first, last;
  WallTime first_taken{}, last_taken{};
  std::uint64_t free_bytes = 0;  // in the file, to be used again
  std::vector<Type> types;       // the most frequent first
  std::vector<Rule> rules;
  std::vector<Hole> holes;
  std::uint64_t topics = 0;
  std::uint64_t origins = 0;
  std::uint64_t keys = 0;
  std::uint64_t consumers = 0;
  std::string written_by;
  bool ended_cleanly = false;  // false while a broker runs
};

// In one snapshot. Cost: counts all events by their types, some hundred milliseconds for a million.
Result<Summary> summarise(LogReader& log);

}  // namespace cell0::store
