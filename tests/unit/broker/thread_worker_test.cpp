#include "broker/log/thread_worker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

namespace cell0::broker {
namespace {

void run_until(asio::io_context& io, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    io.restart();
    io.run_one_for(std::chrono::milliseconds(5));
  }
}

TEST_CASE("jobs run off the loop, in order, each followed by its done on the loop") {
  asio::io_context io(1);
  ThreadWorker worker(io, "test");
  const auto loop = std::this_thread::get_id();
  std::vector<int> jobs;
  std::vector<int> dones;
  for (int i = 0; i < 8; ++i) {
    worker.run(
        [&, i] {
          jobs.push_back(i);
          CHECK(std::this_thread::get_id() != loop);
        },
        [&, i] {
          dones.push_back(i);
          CHECK(std::this_thread::get_id() == loop);
        });
  }
  run_until(io, [&] { return dones.size() == 8; });
  CHECK(jobs == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(dones == jobs);
}

TEST_CASE("a stopped worker has ended its job, calls nobody, and runs no more") {
  asio::io_context io(1);
  ThreadWorker worker(io, "test");
  std::atomic<bool> began{false};
  std::atomic<int> ended{0};
  bool told = false;
  worker.run(
      [&] {
        began = true;
        ++ended;
      },
      [&] { told = true; });
  while (!began) std::this_thread::yield();
  worker.stop();
  CHECK(ended == 1);
  worker.run([&] { ++ended; }, [&] { told = true; });
  io.poll();
  CHECK(ended == 1);
  CHECK_FALSE(told);
}

}  // namespace
}  // namespace cell0::broker
