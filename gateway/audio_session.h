// The audio session of one client: its frames, in their order, to whoever serves `voice` (docs/coda.md, "Audio"). What
// the worker makes of them comes back as events, not here.
//
// Bounded: kCallsMax frames under way, kWaitingBytesMax waiting behind them; what comes beyond is dropped, and told.
// Pure: no socket, no timer; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/services.h"

namespace cell0::gateway {

class AudioSession {
 public:
  static constexpr std::size_t kCallsMax = 8;
  static constexpr std::size_t kWaitingBytesMax = 2u << 20;

  // `on_error` is told why frames are lost: the same reason once, not for each.
  using OnError = std::function<void(const std::string& text)>;

  // The services outlive it.
  AudioSession(Services& services, v1::ServiceCaller caller, std::string session_id, OnError on_error);
  // The worker is told, if it has not been.
  ~AudioSession();
  AudioSession(const AudioSession&) = delete;
  AudioSession& operator=(const AudioSession&) = delete;

  const std::string& session_id() const { return session_id_; }
  bool ending() const { return ended_ != nullptr; }

  // `config`: a JSON object, or empty. REQUIRES: once, first.
  void start(const std::string& config);

  // Nothing happens after end(). Without a worker: told once, and every frame is lost.
  void frame(std::string bytes);

  // `done` is called once, with how many frames a worker has taken, when all have been answered: perhaps at once, and
  // as the last thing: it may destroy this. REQUIRES: once.
  void end(std::function<void(std::uint64_t chunks)> done);

 private:
  v1::ServiceRequest request(const char* method) const;
  std::string body(const std::string& config) const;
  void call(v1::ServiceRequest request, std::function<void(const Result<v1::ServiceAnswer>&)> done);
  void pump();
  void send(std::string bytes);
  void on_frame(std::string bytes, const Result<v1::ServiceAnswer>& answer);
  void fail(const Error& error);
  void tell(const std::string& text);
  void finish_if_done();

  Services& services_;
  v1::ServiceCaller caller_;
  std::string session_id_;
  OnError on_error_;
  std::function<void(std::uint64_t)> ended_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t open_ = 0;            // frames under way
  std::uint64_t chunks_ = 0;        // that a worker has taken
  bool starting_ = false;           // the worker has not said yes or no
  bool owned_ = true;               // the worker has said that the session is its; else any worker gets a frame
  bool told_end_ = false;            // the worker has been told that it is over
  bool answered_ = false;           // a frame has been: from then on several at a time
  std::optional<std::string> lost_;  // there is nobody for this session's frames; why
  std::string told_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
