// A Worker that is a thread.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>

#include "broker/worker.h"
#include "common/bounded_queue.h"

namespace cell0::broker {

class ThreadWorker final : public Worker {
 public:
  // `name`: of the thread, for people; at most 15 bytes. `io` is the loop; it outlives the worker.
  ThreadWorker(asio::io_context& io, const std::string& name);
  ~ThreadWorker() override { stop(); }
  ThreadWorker(const ThreadWorker&) = delete;
  ThreadWorker& operator=(const ThreadWorker&) = delete;

  void run(std::function<void()> job, std::function<void()> done) override;

  // Waits for the job that runs; those that wait are dropped, and no `done` is called any more. On the loop's thread.
  void stop();

 private:
  struct Task {
    std::function<void()> job;
    std::function<void()> done;
  };

  asio::io_context& io_;
  BoundedQueue<Task> tasks_{kJobsMax};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // read on the loop only
  std::thread thread_;
};

}  // namespace cell0::broker
