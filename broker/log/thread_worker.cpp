#include "broker/log/thread_worker.h"

#include <pthread.h>

#include <asio/post.hpp>

namespace cell0::broker {

ThreadWorker::ThreadWorker(asio::io_context& io, const std::string& name) : io_(io) {
  thread_ = std::thread([this] {
    while (auto task = tasks_.pop()) {
      task->job();
      asio::post(io_, [alive = alive_, done = std::move(task->done)] {
        if (*alive) done();
      });
    }
  });
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

void ThreadWorker::run(std::function<void()> job, std::function<void()> done) {
  CELL0_CHECK(tasks_.push({std::move(job), std::move(done)}) != Pushed::kFull);
}

void ThreadWorker::stop() {
  if (!thread_.joinable()) return;
  *alive_ = false;
  tasks_.close();
  while (tasks_.try_pop()) {
  }
  thread_.join();
}

}  // namespace cell0::broker
