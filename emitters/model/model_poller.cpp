#include "emitters/model/model_poller.h"

#include <asio/post.hpp>

namespace cell0::emit {
namespace {

constexpr int kStatusOk = 200;

// The body of an answer 200, or why there is none.
Result<std::string> body_of(HttpGetter& http, const std::string& url) {
  auto answer = http.get(url);
  if (!answer) return answer.error();
  if (answer->status != kStatusOk) {
    return Error{ErrorCode::kInvalid, url + ": answered " + std::to_string(answer->status)};
  }
  return std::move(answer->body);
}

bool look_at_ollama(HttpGetter& http, const std::string& endpoint, ModelSnapshot& look) {
  const auto body = body_of(http, endpoint + "/api/ps");
  if (!body) return false;
  auto models = parse_ollama_running(*body);
  if (!models) return false;
  look.kind = "ollama";
  look.models = std::move(*models);
  if (const auto tags = body_of(http, endpoint + "/api/tags")) {
    if (const auto installed = parse_ollama_installed(*tags)) look.installed = *installed;
  }
  return true;
}

void look_at_openai(HttpGetter& http, const std::string& endpoint, ModelSnapshot& look) {
  const auto body = body_of(http, endpoint + "/v1/models");
  if (!body) {
    look.error = body.error().text;
    return;
  }
  auto models = parse_openai_models(*body);
  if (!models) {
    look.error = endpoint + ": " + models.error().text;
    return;
  }
  look.kind = "openai";
  look.models = std::move(*models);
  if (const auto metrics = body_of(http, endpoint + "/metrics")) look.running = parse_inference(*metrics);
}

}  // namespace

ModelSnapshot look_at(HttpGetter& http, const std::string& endpoint) {
  ModelSnapshot look;
  look.endpoint = endpoint;
  if (!look_at_ollama(http, endpoint, look)) look_at_openai(http, endpoint, look);
  return look;
}

ModelPoller::ModelPoller(asio::io_context& io, Options options, OnLook on_look)
    : io_(io), options_(std::move(options)), on_look_(std::move(on_look)), thread_([this] { run(); }) {}

ModelPoller::~ModelPoller() {
  *alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void ModelPoller::run() {
  HttpGetter http(options_.timeout, stop_);
  while (!stop_) {
    std::vector<ModelSnapshot> looks;
    for (const std::string& endpoint : options_.endpoints) {
      if (!stop_) looks.push_back(look_at(http, endpoint));
    }
    if (!stop_) hand_over(std::move(looks));
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, options_.interval, [this] { return stop_.load(); });
    wake_.wait(lock, [this] { return stop_.load() || !handed_over_; });
  }
}

void ModelPoller::hand_over(std::vector<ModelSnapshot> looks) {
  {
    const std::lock_guard lock(mutex_);
    handed_over_ = true;
  }
  asio::post(io_, [this, alive = alive_, looks = std::move(looks)] {
    if (!*alive) return;
    for (const ModelSnapshot& look : looks) on_look_(look);
    {
      const std::lock_guard lock(mutex_);
      handed_over_ = false;
    }
    wake_.notify_all();
  });
}

}  // namespace cell0::emit
