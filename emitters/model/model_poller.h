// ModelPoller: looks at each model server at an interval, in a thread of its own, since a server may take its time.
//
// The looks come to the loop's thread; while one batch of them waits there, no further look is taken.
#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "emitters/model/http_get.h"
#include "emitters/model/model_watch.h"

namespace cell0::emit {

class ModelPoller {
 public:
  struct Options {
    std::vector<std::string> endpoints;
    std::chrono::milliseconds interval{5000};
    std::chrono::milliseconds timeout{3000};  // of one request
  };
  using OnLook = std::function<void(const ModelSnapshot&)>;

  // Begins at once. `on_look` runs on the loop's thread and is not called after the poller's end.
  ModelPoller(asio::io_context& io, Options options, OnLook on_look);
  ~ModelPoller();  // waits for the thread; a request under way is given up
  ModelPoller(const ModelPoller&) = delete;
  ModelPoller& operator=(const ModelPoller&) = delete;

 private:
  void run();
  void hand_over(std::vector<ModelSnapshot> looks);

  asio::io_context& io_;
  Options options_;
  OnLook on_look_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // guards handed_over_, and the sleep
  std::condition_variable wake_;
  bool handed_over_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // the loop's thread only
  std::thread thread_;
};

// One look at one server: Ollama if it answers /api/ps, else OpenAI-compatible; and /metrics if it has it.
ModelSnapshot look_at(HttpGetter& http, const std::string& endpoint);

}  // namespace cell0::emit
