// What `cell0` says by its exit code. Documented in --help and README.md.
#pragma once

namespace cell0::cli {

inline constexpr int kExitOk = 0;           // done; for sub: stopped by INT or TERM, or --count reached
inline constexpr int kExitFailed = 1;       // an event was rejected, or anything else
inline constexpr int kExitUsage = 2;        // the command line, the configuration or the input is wrong
inline constexpr int kExitUnavailable = 3;  // no broker, or no answer in time

}  // namespace cell0::cli
