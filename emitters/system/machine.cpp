#include "emitters/system/machine.h"

#include <sys/statvfs.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "common/json.h"

namespace cell0::emit {
namespace {

// Two digits are enough for people and charts.
double rounded(double value) { return std::round(value * 100) / 100; }

double per_second(std::uint64_t before, std::uint64_t after, std::chrono::duration<double> passed) {
  if (after < before || passed.count() <= 0) return 0;  // an interface went away
  return static_cast<double>(after - before) / passed.count();
}

void write_disks(JsonWriter& json, const std::vector<DiskSpace>& disks) {
  json.key("disk");
  json.begin_array();
  for (const DiskSpace& disk : disks) {
    json.begin_object();
    json.member("mount", disk.mount);
    json.member("total_bytes", disk.total);
    json.member("free_bytes", disk.free);
    json.end_object();
  }
  json.end_array();
}

void write_gpus(JsonWriter& json, const std::vector<Gpu>& gpus) {
  if (gpus.empty()) return;
  json.key("gpu");
  json.begin_array();
  for (const Gpu& gpu : gpus) {
    json.begin_object();
    json.member("name", gpu.name);
    json.member("utilization_percent", gpu.utilization_percent);
    json.member("memory_used_mb", gpu.memory_used_mb);
    json.member("memory_total_mb", gpu.memory_total_mb);
    json.member("temperature_c", gpu.temperature_c);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

Machine::Machine(const Clock& clock, std::vector<std::string> disks, std::string proc)
    : clock_(clock),
      disks_(std::move(disks)),
      proc_(std::move(proc)),
      cpu_(parse_cpu_times(read("stat"))),
      traffic_(parse_traffic(read("net/dev"))),
      at_(clock.mono()) {}

std::string Machine::read(const char* file) const {
  std::ifstream stream(proc_ + "/" + file);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

Sample Machine::sample() {
  Sample sample;
  const MonoTime now = clock_.mono();
  const CpuTimes cpu = parse_cpu_times(read("stat"));
  sample.uptime_s = parse_uptime(read("uptime"));
  sample.cpu_percent = cpu_percent(cpu_, cpu);
  sample.processors = cpu.processors;
  sample.load = parse_load(read("loadavg"));
  sample.memory = parse_memory(read("meminfo"));
  sample.traffic = parse_traffic(read("net/dev"));
  sample.received_per_s = per_second(traffic_.received, sample.traffic.received, now - at_);
  sample.sent_per_s = per_second(traffic_.sent, sample.traffic.sent, now - at_);
  for (const std::string& mount : disks_) {
    struct statvfs space {};
    if (statvfs(mount.c_str(), &space) != 0) continue;
    sample.disks.push_back({mount, space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize});
  }
  cpu_ = cpu;
  traffic_ = sample.traffic;
  at_ = now;
  return sample;
}

std::string machine_json(const Sample& sample, const std::vector<Gpu>& gpus) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("cpu");
  json.begin_object();
  json.member("percent", rounded(sample.cpu_percent));
  json.member("processors", sample.processors);
  json.member("load_1m", sample.load.one);
  json.member("load_5m", sample.load.five);
  json.member("load_15m", sample.load.fifteen);
  json.end_object();
  json.key("memory");
  json.begin_object();
  json.member("total_bytes", sample.memory.total);
  json.member("used_bytes", sample.memory.used());
  json.member("swap_total_bytes", sample.memory.swap_total);
  json.member("swap_used_bytes",
              sample.memory.swap_total - std::min(sample.memory.swap_total, sample.memory.swap_free));
  json.end_object();
  write_disks(json, sample.disks);
  json.key("net");
  json.begin_object();
  json.member("received_bytes", sample.traffic.received);
  json.member("sent_bytes", sample.traffic.sent);
  json.member("received_bytes_per_second", rounded(sample.received_per_s));
  json.member("sent_bytes_per_second", rounded(sample.sent_per_s));
  json.end_object();
  write_gpus(json, gpus);
  json.end_object();
  return text.substr(1, text.size() - 2);
}

}  // namespace cell0::emit
