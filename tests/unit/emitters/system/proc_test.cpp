#include "emitters/system/proc.h"

#include <doctest/doctest.h>

#include "common/json.h"
#include "emitters/system/machine.h"

using namespace cell0;
using namespace cell0::emit;

TEST_CASE("/proc/stat") {
  const CpuTimes times = parse_cpu_times(
      "cpu  100 10 50 800 40 5 5 10 7 7\ncpu0 50 5 25 400 20 2 2 5 3 3\ncpu1 50 5 25 400 20 3 3 5 4 4\nintr 5\n");
  CHECK(times.processors == 2);
  CHECK(times.total == 1020);
  CHECK(times.busy == 180);  // without idle and waiting
  CHECK(cpu_percent({0, 0, 2}, times) == doctest::Approx(17.647).epsilon(0.001));
  CHECK(cpu_percent(times, times) == 0);
  CHECK(cpu_percent(times, {0, 0, 2}) == 0);
  CHECK(parse_cpu_times("").total == 0);
  CHECK(parse_cpu_times("cpu x y").total == 0);
}

TEST_CASE("/proc/meminfo") {
  const Memory memory = parse_memory(
      "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    4000 kB\nSwapTotal:       2000 kB\n"
      "SwapFree:        1500 kB\nHugePages_Total:       0\n");
  CHECK(memory.total == 16000 * 1024);
  CHECK(memory.used() == 12000 * 1024);
  CHECK(memory.swap_free == 1500 * 1024);
  CHECK(parse_memory("MemTotal: 10 kB\nMemFree: 4 kB").used() == 6 * 1024);
  CHECK(parse_memory("garbage").used() == 0);
}

TEST_CASE("/proc/loadavg, uptime and net/dev") {
  const Load load = parse_load("0.50 1.25 2.00 3/400 12345\n");
  CHECK(load.one == 0.5);
  CHECK(load.five == 1.25);
  CHECK(load.fifteen == 2.0);
  CHECK(parse_uptime("12345.67 45678.90\n") == doctest::Approx(12345.67));
  CHECK(parse_uptime("") == 0);
  const Traffic traffic = parse_traffic(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
      "carrier\n"
      "    lo: 9999 1 0 0 0 0 0 0 9999 1 0 0 0 0 0 0\n"
      "  eth0: 1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
      "wlan0:50 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n");
  CHECK(traffic.received == 1050);
  CHECK(traffic.sent == 207);
}

TEST_CASE("lines of nvidia-smi") {
  Gpu gpu;
  REQUIRE(parse_gpu("NVIDIA A100-SXM4-40GB, 37, 1234, 40960, 55", gpu));
  CHECK(gpu.name == "NVIDIA A100-SXM4-40GB");
  CHECK(gpu.utilization_percent == 37);
  CHECK(gpu.memory_used_mb == 1234);
  CHECK(gpu.memory_total_mb == 40960);
  REQUIRE(parse_gpu("Old, [N/A], 1, 2, 3", gpu));
  CHECK(gpu.utilization_percent == 0);
  CHECK_FALSE(parse_gpu("", gpu));
  CHECK_FALSE(parse_gpu("NVIDIA-SMI has failed", gpu));
  CHECK_FALSE(parse_gpu(",1,2,3,4", gpu));
}

TEST_CASE("a sample of this machine is members of a JSON object") {
  ManualClock clock;
  Machine machine(clock, {"/", "/no/such/mount"});
  clock.advance(std::chrono::seconds(1));
  const Sample sample = machine.sample();
  CHECK(sample.memory.total > 0);
  CHECK(sample.processors > 0);
  CHECK(sample.disks.size() == 1);
  const auto parsed = parse_json("{" + machine_json(sample, {{"gpu", 1, 2, 3, 4}}) + "}");
  REQUIRE(parsed.ok());
  for (const char* key : {"cpu", "memory", "disk", "net", "gpu"}) CHECK(json_member(*parsed, key) != nullptr);
}

TEST_CASE("a machine without /proc has zeros, and does not fall over") {
  ManualClock clock;
  Machine machine(clock, {}, "/no/such/proc");
  const Sample sample = machine.sample();
  CHECK(sample.uptime_s == 0);
  CHECK(parse_json("{" + machine_json(sample, {}) + "}").ok());
}
