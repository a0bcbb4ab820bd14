// Requests to the broker's control socket, and whether the broker is there.
//
// ZeroMQ does not say whether a peer lives: it queues for one that is gone and forgets what a killed one had read. So
// the client learns it from answers: it says hello when it starts and every `probe_interval`, and is connected from the
// first answer until nothing at all comes for `silence_max` after a hello. Then the socket is made anew (nothing stale
// arrives at the next broker; ZeroMQ connects again with its own backoff and jitter) and hello waits there. A hello
// that shows another boot id is a restarted broker: down and up again, in that order. Whatever is open when the broker
// goes gets kTimeout: whether it happened is not known.
//
// This is the socket and the timer; the conversation itself is control_session.h. One thread, the loop's. Bounded:
// `requests_max` open requests; more are refused with kUnavailable.
// REQUIRES: not destroyed inside one of its handlers.
#pragma once

#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/link/control_session.h"
#include "common/link/socket.h"

namespace cell0::link {

class ControlClient final : private ControlSession::Wire {
 public:
  // The Response with its body set (never a Failure: that comes as an Error). kUnavailable: not connected, or the bound
  // is reached, or the broker says so; kTimeout; kInvalid, kTooLarge, and of services kNotFound and kFull
  // (gateway/services.h): the broker's Failure, with its text.
  using OnAnswer = ControlSession::OnAnswer;
  // true: connected, hello() is fresh; false: it was and is no more.
  using OnState = ControlSession::OnState;
  // What the broker says unasked.
  using OnNotice = ControlSession::OnNotice;

  // kInvalid: the endpoint is none. Uses, does not own: all three references outlive the client.
  static Result<std::unique_ptr<ControlClient>> create(asio::io_context& io, Context& context, const Clock& clock,
                                                       ControlOptions options);
  ~ControlClient() override;  // open requests are dropped, their handlers are not called
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  // Handlers stay for the client's life and are called in the order they were added. May be added after start().
  void on_state(OnState handler) { session_.on_state(std::move(handler)); }
  void on_notice(OnNotice handler) { session_.on_notice(std::move(handler)); }
  void start();

  // `body` without an id. `done` is called exactly once, never inside request().
  void request(v1::Request body, Duration timeout, OnAnswer done);

  bool connected() const { return session_.connected(); }
  const v1::HelloAnswer& hello() const { return session_.hello(); }  // the last one; empty before the first
  const std::string& endpoint() const { return session_.options().endpoint; }
  std::size_t open_requests() const { return session_.open_requests(); }
  // Before the first answer, and when it is gone, in words: "tcp://127.0.0.1:5552: no answer from a broker".
  Error unavailable() const { return session_.unavailable(); }

 private:
  ControlClient(asio::io_context& io, Context& context, const Clock& clock, ControlOptions options);
  Result<void> send(std::string_view request) override;
  void start_over() override;
  Result<void> open_socket();
  void read_socket();
  void later(OnAnswer done, Error error);
  void arm();

  asio::io_context& io_;
  Context& context_;
  const Clock& clock_;
  ControlSession session_;
  asio::steady_timer timer_;
  std::unique_ptr<Socket> socket_;
  std::optional<MonoTime> armed_for_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what was posted before the destructor
};

}  // namespace cell0::link
