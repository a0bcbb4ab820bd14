// The gateway's only way to the broker: the fanout stream in, questions out. Turns sockets into a ChainReader's calls.
//
// At the start it loads what came before the first batch (the ring's beginning, the opening window), so that a first
// message to a client needs no question. It is up while batches or heartbeats come and the control socket answers.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/config/link_config.h"
#include "common/link/control_client.h"
#include "common/link/socket.h"
#include "common/log.h"
#include "gateway/chain_reader.h"
#include "gateway/history_source.h"
#include "gateway/limits.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

// What the link found before the stream begins.
struct Beginning {
  Seq base;                       // `ring` is complete after this one...
  Seq head;                       // ...up to this one
  std::vector<EventPtr> ring;     // the newest, of every type
  std::vector<EventPtr> opening;  // the newest of cell0d's default, at most opening_events
};

class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  virtual void on_beginning(Beginning beginning) = 0;  // once, before every on_event
  virtual void on_event(EventPtr event) = 0;           // or a hole; in the order of the stream
  virtual void on_link_state(bool up) = 0;
};

class BrokerLink final : public HistorySource {
 public:
  // kInvalid: an endpoint of [link] is none. Uses, does not own: everything outlives the link.
  static Result<std::unique_ptr<BrokerLink>> create(asio::io_context& io, link::Context& context,
                                                    link::ControlClient& control, const LinkConfig& config,
                                                    const CoreLimits& limits, const Clock& clock, Log& log,
                                                    LinkObserver& observer);
  ~BrokerLink() override;

  void start();

  // Events flow and questions are answered. why_down() says what is missing, for /readyz: "" if up.
  bool up() const { return up_; }
  std::string why_down() const;

  // kUnavailable while the broker is away; kTimeout after page_timeout.
  void ask(const v1::HistoryRequest& request, OnPage done) override;

  const ChainReader& chain() const { return chain_; }
  std::uint64_t batches() const { return batches_; }
  std::uint64_t malformed() const { return malformed_; }

 private:
  struct Loading;  // the questions of the beginning

  BrokerLink(asio::io_context& io, link::ControlClient& control, const LinkConfig& config, const CoreLimits& limits,
             const Clock& clock, Log& log, LinkObserver& observer);
  void on_fanout(link::FrameViews frames);
  void on_tick();
  void schedule_tick();
  void load_beginning();
  void on_loaded(const std::shared_ptr<Loading>& loading);
  void repair();
  void deliver();
  void judge();
  bool fresh() const;

  link::ControlClient& control_;
  LinkConfig config_;
  CoreLimits limits_;
  const Clock& clock_;
  Log& log_;
  LinkObserver& observer_;
  asio::steady_timer timer_;
  std::unique_ptr<link::Socket> fanout_;
  ChainReader chain_;
  std::vector<EventPtr> ready_;  // what the chain gave in this call
  std::shared_ptr<Loading> loading_;
  bool repairing_ = false;
  bool up_ = false;
  MonoTime last_batch_{};
  bool seen_batch_ = false;
  std::uint64_t batches_ = 0;
  std::uint64_t malformed_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
