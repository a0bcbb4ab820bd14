// CELL0_CHECK: our own invariants, active in release too. A failure ends the process; the supervisor restarts it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cell0::detail {
[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "cell0: broken invariant: %s (%s:%d). This is a defect of cell0; please report it.\n", what,
               file, line);
  std::abort();
}
}  // namespace cell0::detail

#define CELL0_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::cell0::detail::check_failed(#condition, __FILE__, __LINE__))
