// The client's half of a conversation with the broker's control socket, without the socket: requests and their answers,
// and whether the broker is there. What it finds and when is told in control_client.h.
//
// Pure state: bytes and times in, bytes and answers out; one thread. The owner hands on_message() what arrives, calls
// on_timer() when next_deadline() has come, and gives it a Wire. Bounded: `requests_max` open requests.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
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

class ControlSession {
 public:
  // What carries its messages.
  class Wire {
   public:
    virtual ~Wire() = default;
    // An encoded v1::Request, towards the broker. An error: it was not taken.
    virtual Result<void> send(std::string_view request) = 0;
    // Nothing that was sent before may reach the next broker, nor its answers come any more.
    virtual void start_over() = 0;
  };

  // As ControlClient's.
  using OnAnswer = std::function<void(Result<v1::Response>)>;
  using OnState = std::function<void(bool connected)>;
  using OnNotice = std::function<void(const v1::Response&)>;

  // Uses, does not own: clock and wire outlive it.
  ControlSession(ControlOptions options, const Clock& clock, Wire& wire)
      : options_(std::move(options)), clock_(clock), wire_(wire) {}

  void on_state(OnState handler) { state_handlers_.push_back(std::move(handler)); }
  void on_notice(OnNotice handler) { notice_handlers_.push_back(std::move(handler)); }

  // Says the first hello.
  void start() { say_hello(); }

  // Takes `body` (without an id) and `done`, which is called once, later. An error: nothing was taken. kUnavailable:
  // not connected, the bound is reached, or the wire is full; kTooLarge.
  Result<void> request(v1::Request&& body, Duration timeout, OnAnswer& done);

  void on_message(std::string_view bytes);

  // Early is harmless.
  void on_timer();
  MonoTime next_deadline() const;

  bool connected() const { return connected_; }
  const v1::HelloAnswer& hello() const { return hello_; }  // the last one; empty before the first
  const ControlOptions& options() const { return options_; }
  std::size_t open_requests() const { return open_.size(); }
  Error unavailable() const;

 private:
  struct Open {
    MonoTime deadline;
    OnAnswer done;
  };

  Result<void> send(const v1::Request& request);
  void say_hello();
  void on_hello(const v1::HelloAnswer& hello);
  void lose_broker();
  void start_over();
  void fail(bool expired_only);
  void tell(bool connected);
  void tell(const v1::Response& notice);

  ControlOptions options_;
  const Clock& clock_;
  Wire& wire_;
  std::vector<OnState> state_handlers_;
  std::vector<OnNotice> notice_handlers_;
  std::unordered_map<std::uint64_t, Open> open_;
  v1::HelloAnswer hello_;
  std::uint64_t next_id_ = 1;
  bool hello_waits_ = false;  // for a sign of the broker
  MonoTime hello_at_{};       // when the next one is due
  MonoTime silence_until_{};  // while one waits: then the broker is gone
  bool connected_ = false;
};

}  // namespace cell0::link
