// What Linux says of itself in /proc, as values. Pure parsers: text in, numbers out (proc(5)).
//
// A line or field that is missing or not understood leaves its number at 0: kernels differ, and a figure less is no
// reason to be silent about the others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cell0::emit {

// Processor time since boot, in clock ticks (/proc/stat, line "cpu").
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;  // busy, idle and waiting for disks
  unsigned processors = 0;
};
CpuTimes parse_cpu_times(std::string_view proc_stat);

// Of all processors together, 0-100; 0 if no time has passed.
double cpu_percent(const CpuTimes& before, const CpuTimes& after);

struct Memory {  // bytes
  std::uint64_t total = 0;
  std::uint64_t available = 0;  // for new programs, without swapping
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;

  std::uint64_t used() const { return total > available ? total - available : 0; }
};
Memory parse_memory(std::string_view proc_meminfo);

struct Load {  // averages of 1, 5 and 15 minutes
  double one = 0;
  double five = 0;
  double fifteen = 0;
};
Load parse_load(std::string_view proc_loadavg);

// Seconds since boot (/proc/uptime).
double parse_uptime(std::string_view proc_uptime);

struct Traffic {  // bytes since boot, of all interfaces but the loopback
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};
Traffic parse_traffic(std::string_view proc_net_dev);

// A GPU as `nvidia-smi --query-gpu=name,utilization.gpu,memory.used,memory.total,temperature.gpu
// --format=csv,noheader,nounits` prints it.
struct Gpu {
  std::string name;
  double utilization_percent = 0;
  double memory_used_mb = 0;
  double memory_total_mb = 0;
  double temperature_c = 0;
};
inline const std::vector<std::string> kGpuQuery = {
    "nvidia-smi", "--query-gpu=name,utilization.gpu,memory.used,memory.total,temperature.gpu",
    "--format=csv,noheader,nounits"};
// False if the line is none of those.
bool parse_gpu(std::string_view line, Gpu& gpu);

}  // namespace cell0::emit
