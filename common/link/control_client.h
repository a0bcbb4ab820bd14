// Requests to the broker's control socket, and whether the broker is there.
//
// ZeroMQ does not say whether a peer lives: it queues for one that is gone and forgets what a killed one had read. So
// the client learns it from answers: it says hello when it starts and every `probe_interval`, and is connected from the
// first answer until a hello stays unanswered for `silence_max`. Then the socket is made anew (nothing stale arrives at
// the next broker; ZeroMQ connects again with its own backoff and jitter) and hello waits there. A hello that shows
// another boot id is a restarted broker: down and up again, in that order. Whatever is open when the broker goes gets
// kTimeout: whether it happened is not known.
//
// One thread, the loop's. Bounded: `requests_max` open requests; more are refused with kUnavailable.
// REQUIRES: not destroyed inside one of its handlers.
#pragma once

#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/link/socket.h"
#include "common/result.h"

namespace cell0::link {

struct ControlOptions {
  std::string endpoint = "tcp://127.0.0.1:5552";
  std::string name;                          // of this peer, for the broker's logs
  std::string role;                          // gateway, emitter, cli
  std::size_t requests_max = 256;            // open at a time
  std::size_t message_bytes_max = 8u << 20;  // of one encoded request or answer
  Duration probe_interval = std::chrono::seconds(1);
  Duration silence_max = std::chrono::seconds(3);
};

class ControlClient {
 public:
  // The Response with its body set (never a Failure: that comes as an Error). kUnavailable: not connected, or the bound
  // is reached, or the broker says so; kTimeout; kInvalid, kTooLarge: the broker's Failure, with its text.
  using OnAnswer = std::function<void(Result<v1::Response>)>;
  // true: connected, hello() is fresh; false: it was and is no more.
  using OnState = std::function<void(bool connected)>;

  // kInvalid: the endpoint is none. Uses, does not own: all three references outlive the client.
  static Result<std::unique_ptr<ControlClient>> create(asio::io_context& io, Context& context, const Clock& clock,
                                                       ControlOptions options);
  ~ControlClient();  // open requests are dropped, their handlers are not called
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  // Handlers stay for the client's life and are called in the order they were added. May be added after start().
  void on_state(OnState handler) { state_handlers_.push_back(std::move(handler)); }
  void start();

  // `body` without an id. `done` is called exactly once, never inside request().
  void request(v1::Request body, Duration timeout, OnAnswer done);

  bool connected() const { return connected_; }
  const v1::HelloAnswer& hello() const { return hello_; }  // the last one; empty before the first
  const std::string& endpoint() const { return options_.endpoint; }
  std::size_t open_requests() const { return open_.size(); }
  // Before the first answer, and when it is gone, in words: "tcp://127.0.0.1:5552: no answer from a broker".
  Error unavailable() const;

 private:
  struct Open {
    MonoTime deadline;
    OnAnswer done;
  };

  ControlClient(asio::io_context& io, Context& context, const Clock& clock, ControlOptions options);
  Result<void> open_socket();
  Result<void> send(const v1::Request& request);
  void say_hello();
  void on_message(FrameViews frames);
  void on_hello(const v1::HelloAnswer& hello);
  void lose_broker();
  void start_over();
  void fail(bool expired_only);
  void tell(bool connected);
  void later(OnAnswer done, Error error);
  MonoTime next_deadline() const;
  void arm();
  void on_timer();

  asio::io_context& io_;
  Context& context_;
  const Clock& clock_;
  ControlOptions options_;
  asio::steady_timer timer_;
  std::unique_ptr<Socket> socket_;
  std::vector<OnState> state_handlers_;
  std::unordered_map<std::uint64_t, Open> open_;
  v1::HelloAnswer hello_;
  std::uint64_t next_id_ = 1;
  std::uint64_t hello_id_ = 0;  // of the hello that waits for its answer; 0: none
  MonoTime hello_at_{};         // when the next one is due
  MonoTime silence_until_{};    // while one waits: then the broker is gone
  bool connected_ = false;
  std::optional<MonoTime> armed_for_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what was posted before the destructor
};

}  // namespace cell0::link
