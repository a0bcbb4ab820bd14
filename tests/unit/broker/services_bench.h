// Services over written-down output, and workers and requests to try them with: for their tests.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "broker/services.h"

namespace cell0::broker::services_bench {

using Status = v1::WorkerAnswer::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr Seq kStart{5000};

struct Written final : ServiceOutput {
  struct Failed {
    Asker asker;
    v1::Failure::Code code;
    std::string text;
  };
  bool send(std::string_view peer, const v1::Response& notice) override {
    if (std::count(unreachable.begin(), unreachable.end(), peer) > 0) return false;
    if (notice.has_service_call())
      calls.emplace_back(peer, notice.service_call());
    else
      notices.emplace_back(peer, notice.worker());
    return true;
  }
  void answer(const Asker& asker, v1::ServiceAnswer answer) override { answers.emplace_back(asker, std::move(answer)); }
  void fail(const Asker& asker, v1::Failure::Code code, const std::string& text) override {
    failed.push_back({asker, code, text});
  }
  void publish_will(const std::string& envelope) override { wills.push_back(envelope); }
  void note(std::string_view, const std::string&, const std::string&) override {}

  std::vector<std::string> unreachable;
  std::vector<std::pair<std::string, v1::ServiceCall>> calls;  // by peer
  std::vector<std::pair<std::string, v1::WorkerAnswer>> notices;
  std::vector<std::pair<Asker, v1::ServiceAnswer>> answers;
  std::vector<Failed> failed;
  std::vector<std::string> wills;
};

inline v1::WorkerRequest hello(const std::string& name, std::uint32_t capacity = 10, char incarnation = 'i') {
  v1::WorkerRequest request;
  request.set_service("sessions");
  request.set_worker(name);
  request.set_incarnation(name + std::string(16 - name.size(), incarnation));
  request.set_capacity(capacity);
  return request;
}

inline v1::WorkerRequest only_one(const std::string& name, char incarnation = 'i') {
  v1::WorkerRequest request = hello(name, 10, incarnation);
  request.set_exclusive(true);
  return request;
}

inline v1::WorkerRequest with_keys(v1::WorkerRequest request, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    v1::ServiceKey& owned = *request.add_keys();
    owned.set_key(key);
    owned.set_will("will of " + key);
  }
  return request;
}

inline v1::ServiceRequest ask(const std::string& key = "", const std::string& request_id = "",
                              std::uint32_t timeout_ms = 5000) {
  v1::ServiceRequest request;
  request.set_service("sessions");
  request.set_method("execute");
  request.set_key(key);
  request.set_request_id(request_id);
  request.set_body("{}");
  request.set_timeout_ms(timeout_ms);
  return request;
}

inline v1::ServiceRequest ask_all(std::uint32_t timeout_ms = 5000) {
  v1::ServiceRequest request = ask("", "", timeout_ms);
  request.set_gather(true);
  return request;
}

struct Bench {
  explicit Bench(bool warm = false, ServiceBounds given = {})
      : bounds(given), services(given, kStart, now, warm, out) {}

  // Registers, and its peer is its name.
  v1::WorkerAnswer join(const v1::WorkerRequest& request) {
    auto answer = services.take_worker(request, request.worker(), now);
    REQUIRE(answer.ok());
    services.answered();
    return *answer;
  }
  v1::WorkerAnswer renew(v1::WorkerRequest request, std::uint64_t epoch) {
    request.set_epoch(epoch);
    return join(request);
  }
  void request(v1::ServiceRequest request) {
    REQUIRE(services.take_request(std::move(request), {"gateway", ++asked}, now));
  }
  v1::ServiceReplyAnswer reply(const v1::ServiceCall& call, const std::string& body = "done") {
    v1::ServiceReplyRequest request;
    request.set_service("sessions");
    request.set_call(call.call());
    request.set_epoch(call.epoch());
    request.set_body(body);
    return services.take_reply(request, now);
  }
  // Time passes as it does: with a tick each second, and those who are named renew.
  void pass(Duration time, const std::vector<std::pair<v1::WorkerRequest, std::uint64_t>>& alive = {}) {
    const MonoTime until = now + time;
    while (now < until) {
      now = std::min(until, now + seconds(1));
      for (const auto& [worker, epoch] : alive) renew(worker, epoch);
      services.tick(now);
    }
  }
  const v1::ServiceCall& last_call() const {
    REQUIRE_FALSE(out.calls.empty());
    return out.calls.back().second;
  }

  ServiceBounds bounds;
  MonoTime now{std::chrono::hours(1)};
  Written out;
  Services services;
  std::uint64_t asked = 0;
};

}  // namespace cell0::broker::services_bench
