// What this process uses, by /proc/self (proc(5)). Pure parsers, and one reader.
//
// What is missing or not understood stays 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cell0::emit {

struct ProcessUsage {
  double cpu_s = 0;           // processor time since its start, of all its threads
  std::uint64_t memory = 0;   // resident bytes
};

// `ticks_per_s`, `page_bytes`: of this machine (sysconf).
ProcessUsage parse_process_usage(std::string_view stat, std::string_view statm, long ticks_per_s, long page_bytes);

// `directory`: where it is, for tests.
ProcessUsage read_process_usage(const std::string& directory = "/proc/self");

}  // namespace cell0::emit
