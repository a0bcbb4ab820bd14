// Looks at everything in a log: the file as SQLite sees it, every event, every name.
#pragma once

#include <functional>

#include "common/seq.h"
#include "common/store/scan.h"

namespace cell0::store {

struct VerifyHandlers {
  std::function<void(const std::string& text)> problem;     // what is wrong, and where: a page, a seq
  std::function<void(std::uint64_t events)> progress = {};  // looked at so far, now and then
};

struct Verified {
  std::uint64_t events = 0;  // that are readable and whole
  std::uint64_t problems = 0;
  Seq first, last;  // of them
};

// Only reads. kUnavailable, kTimeout: it cannot be read at all. Cost: reads the whole file, twice.
Result<Verified> verify(LogReader& log, const VerifyHandlers& handlers);

}  // namespace cell0::store
