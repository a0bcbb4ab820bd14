#include "emitters/system/proc.h"

#include <charconv>

namespace cell0::emit {
namespace {

constexpr std::uint64_t kKiB = 1024;

// Cuts the first line off.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Cuts the first word off, with the blanks before it.
std::string_view take_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  const std::size_t end = line.find_first_of(" \t");
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

template <typename Number>
Number number_of(std::string_view word) {
  Number value{};
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

CpuTimes parse_cpu_times(std::string_view proc_stat) {
  CpuTimes times;
  while (!proc_stat.empty()) {
    std::string_view line = take_line(proc_stat);
    const std::string_view name = take_word(line);
    if (!name.starts_with("cpu")) continue;
    if (name != "cpu") {
      ++times.processors;
      continue;
    }
    // user nice system idle iowait irq softirq steal; guest times are counted in user already
    for (int field = 0; field < 8; ++field) {
      const auto ticks = number_of<std::uint64_t>(take_word(line));
      times.total += ticks;
      if (field != 3 && field != 4) times.busy += ticks;
    }
  }
  return times;
}

double cpu_percent(const CpuTimes& before, const CpuTimes& after) {
  if (after.total <= before.total || after.busy < before.busy) return 0;
  return 100.0 * static_cast<double>(after.busy - before.busy) / static_cast<double>(after.total - before.total);
}

Memory parse_memory(std::string_view proc_meminfo) {
  Memory memory;
  std::uint64_t free = 0;
  const std::map<std::string_view, std::uint64_t*> fields = {{"MemTotal:", &memory.total},
                                                             {"MemAvailable:", &memory.available},
                                                             {"MemFree:", &free},
                                                             {"SwapTotal:", &memory.swap_total},
                                                             {"SwapFree:", &memory.swap_free}};
  while (!proc_meminfo.empty()) {
    std::string_view line = take_line(proc_meminfo);
    const auto field = fields.find(take_word(line));
    if (field != fields.end()) *field->second = number_of<std::uint64_t>(take_word(line)) * kKiB;
  }
  if (memory.available == 0) memory.available = free;  // kernels before 3.14
  return memory;
}

Load parse_load(std::string_view proc_loadavg) {
  Load load;
  load.one = number_of<double>(take_word(proc_loadavg));
  load.five = number_of<double>(take_word(proc_loadavg));
  load.fifteen = number_of<double>(take_word(proc_loadavg));
  return load;
}

double parse_uptime(std::string_view proc_uptime) { return number_of<double>(take_word(proc_uptime)); }

Traffic parse_traffic(std::string_view proc_net_dev) {
  Traffic traffic;
  while (!proc_net_dev.empty()) {
    std::string_view line = take_line(proc_net_dev);
    const std::size_t colon = line.find(':');  // "eth0:123 ..." and "eth0: 123 ..." both occur
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) == "lo") continue;
    line.remove_prefix(colon + 1);
    traffic.received += number_of<std::uint64_t>(take_word(line));
    for (int field = 1; field < 8; ++field) take_word(line);
    traffic.sent += number_of<std::uint64_t>(take_word(line));
  }
  return traffic;
}

bool parse_gpu(std::string_view line, Gpu& gpu) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
  }
  if (fields.size() != 5 || fields[0].empty()) return false;
  gpu.name = fields[0];
  gpu.utilization_percent = number_of<double>(fields[1]);  // "[N/A]" is 0
  gpu.memory_used_mb = number_of<double>(fields[2]);
  gpu.memory_total_mb = number_of<double>(fields[3]);
  gpu.temperature_c = number_of<double>(fields[4]);
  return true;
}

}  // namespace cell0::emit
