// Machine: samples of this machine's load, from /proc and statvfs(3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "emitters/system/proc.h"

namespace cell0::emit {

struct DiskSpace {
  std::string mount;
  std::uint64_t total = 0;  // bytes
  std::uint64_t free = 0;   // for users
};

struct Sample {
  double uptime_s = 0;
  double cpu_percent = 0;  // since the sample before
  unsigned processors = 0;
  Load load;
  Memory memory;
  std::vector<DiskSpace> disks;
  Traffic traffic;
  double received_per_s = 0;  // bytes, since the sample before
  double sent_per_s = 0;
};

// One thread. What cannot be read stays 0.
class Machine {
 public:
  // `proc`: where /proc is, for tests. The clock outlives it.
  Machine(const Clock& clock, std::vector<std::string> disks, std::string proc = "/proc");

  Sample sample();

 private:
  std::string read(const char* file) const;

  const Clock& clock_;
  std::vector<std::string> disks_;
  std::string proc_;
  CpuTimes cpu_;
  Traffic traffic_;
  MonoTime at_;
};

// The fields of system_status.details that describe the machine: {"cpu":{...},"memory":{...},"disk":[...],"net":{...}}
// without the braces around, and "gpu":[...] if there are any.
std::string machine_json(const Sample& sample, const std::vector<Gpu>& gpus);

}  // namespace cell0::emit
