// What carries messages between the processes, as faulty as ZeroMQ over TCP can be.
//
// Control (DEALER to ROUTER): in order, nothing twice; a connection that breaks takes what is in flight with it, both
// ways, and what was queued before it connects again goes to whoever is there then. Fanout (XPUB to SUB): in order,
// nothing twice; a full queue or a broken connection loses a run of messages, without a word.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/link/control_session.h"
#include "tests/sim/world.h"

namespace cell0::sim {

struct LinkLimits {
  Duration delay_min = microseconds(30);
  Duration delay_max = milliseconds(5);
  Duration reconnect_min = milliseconds(100);
  Duration reconnect_max = seconds(2);
};

// One direction of a connection.
class Pipe {
 public:
  using Deliver = std::function<void(const std::string& bytes)>;
  Pipe(World& world, const LinkLimits& limits, Deliver deliver)
      : world_(world), limits_(limits), deliver_(std::move(deliver)) {}

  void send(std::string bytes);
  // The connection breaks: only the first `kept` of what is in flight arrive.
  void cut(std::size_t kept = 0);
  // Nothing arrives before then (a partition that TCP survives).
  void stall(MonoTime until) { stalled_until_ = std::max(stalled_until_, until); }
  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  void deliver_next();

  World& world_;
  const LinkLimits& limits_;
  Deliver deliver_;
  Life life_;
  std::deque<std::string> in_flight_;
  MonoTime last_arrival_{};
  MonoTime stalled_until_{};
};

class Network;

// A process's control socket: the wire of its ControlSession.
class ControlLink final : public link::ControlSession::Wire {
 public:
  // `on_answer`: an encoded v1::Response came.
  ControlLink(World& world, Network& network, std::string name, Pipe::Deliver on_answer);
  ~ControlLink() override;

  Result<void> send(std::string_view request) override;
  void start_over() override;

  // The connection breaks, and is made again later.
  void reset();
  void stall(MonoTime until);
  const std::string& name() const { return name_; }

 private:
  friend class Network;
  static constexpr std::size_t kQueueMax = 10'000;

  void connect_later();
  void connect();

  World& world_;
  Network& network_;
  std::string name_;
  Life life_;
  std::string peer_;  // the ROUTER's name for this connection; empty: not connected
  std::deque<std::string> queued_;
  Pipe up_;
  Pipe down_;
  bool connecting_ = false;
};

// A gateway's fanout socket.
class FanoutLink {
 public:
  FanoutLink(World& world, Network& network, std::string name, Pipe::Deliver on_batch);
  ~FanoutLink();

  void reset();
  void lose_next(std::size_t messages) { to_lose_ += messages; }
  void stall(MonoTime until) { pipe_.stall(until); }
  const std::string& name() const { return name_; }

 private:
  friend class Network;
  void publish(const std::string& batch);
  void connect_later();

  World& world_;
  Network& network_;
  std::string name_;
  Life life_;
  Pipe pipe_;
  bool connected_ = false;
  std::size_t to_lose_ = 0;
};

// Both sockets of the broker, and who is connected to them.
class Network {
 public:
  using OnRequest = std::function<void(const std::string& peer, std::string_view request)>;

  Network(World& world, LinkLimits limits) : world_(world), limits_(limits) {}
  const LinkLimits& limits() const { return limits_; }

  // The broker's process is there, or no more: all its connections break, of what it had sent a part still arrives.
  void open(OnRequest on_request);
  void close();
  bool is_open() const { return on_request_ != nullptr; }

  void publish(const std::string& batch);
  bool answer(std::string_view peer, std::string_view response);  // false: no such peer

  const std::vector<ControlLink*>& control_links() const { return control_links_; }
  const std::vector<FanoutLink*>& fanout_links() const { return fanout_links_; }
  void heal();

 private:
  friend class ControlLink;
  friend class FanoutLink;

  World& world_;
  LinkLimits limits_;
  OnRequest on_request_;
  std::uint64_t connections_ = 0;
  std::vector<ControlLink*> control_links_;
  std::vector<FanoutLink*> fanout_links_;
  std::map<std::string, ControlLink*, std::less<>> peers_;
};

}  // namespace cell0::sim
