// A client and the connection that it has to a gateway: it reads at its own pace, leaves, and comes back where it was.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/transport/outlet.h"
#include "tests/sim/invariants.h"
#include "tests/sim/plan.h"

namespace cell0::sim {

class Gateway;

// The gateway's end of a connection and the kernel between: what gateway/transport/connection_output.cpp does, over a
// buffer of `bytes_max` that the client empties.
class ClientSocket final : public gateway::Outlet {
 public:
  // `on_writable`: the owner's turn, once there is room again.
  ClientSocket(World& world, std::size_t bytes_max, std::function<void()> on_writable)
      : world_(world), bytes_max_(bytes_max), on_writable_(std::move(on_writable)) {}

  bool idle() const override { return rest_.empty() && replies_.empty() && !blocked_; }
  std::size_t write_blob(const gateway::BlobPtr& blob) override;
  void send_reply(std::string_view framed);
  std::size_t pending_bytes() const { return rest_.size() + replies_.size(); }
  bool drained() const { return idle() && kernel_.empty(); }

  // The client takes up to `count` bytes out of the kernel's buffer.
  std::string read(std::size_t count);

 private:
  std::size_t take(std::string_view bytes);
  void write_out();
  void block();

  World& world_;
  std::size_t bytes_max_;
  std::function<void()> on_writable_;
  Life life_;
  std::string kernel_;
  std::string rest_;     // of a blob
  std::string replies_;  // behind it
  bool blocked_ = false;
};

class Client {
 public:
  // Both outlive it. Away at first.
  Client(World& world, const Plan& plan, Invariants& invariants, std::uint32_t number);
  ~Client();

  std::string name() const { return "client" + std::to_string(number_); }
  bool is_connected() const { return gateway_ != nullptr; }
  Gateway* gateway() const { return gateway_; }

  // To this gateway, which has to be up: from now on, or from where it was, or from anywhere.
  void connect(Gateway& gateway, bool any_since);
  void leave();
  // The gateway died, or closed.
  void on_lost();
  void stall(MonoTime until) { stalled_until_ = until; }
  // Reads whatever is there from now on.
  void hurry();

  const EventFilter& filter() const { return filter_; }
  StreamView& view() { return view_; }

 private:
  friend class Gateway;
  Seq any_place();
  void read_some();
  void see(std::string_view line);

  World& world_;
  const Plan& plan_;
  Invariants& invariants_;
  std::uint32_t number_;
  EventFilter filter_;
  std::size_t bytes_per_read_;
  Duration read_every_;
  StreamView view_;
  Gateway* gateway_ = nullptr;
  Life connection_;
  MonoTime stalled_until_{};
  std::string unread_;  // the beginning of a line
};

}  // namespace cell0::sim
