// The gateway's only way to the broker: the sockets and the timer of a BrokerStream, and questions to the broker.
//
// At the start it loads what came before the first batch (the ring's beginning, the opening windows), so that a first
// message to a client needs no question. It is up while batches or heartbeats come and the control socket answers.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "common/config/link_config.h"
#include "common/link/control_client.h"
#include "common/link/socket.h"
#include "gateway/broker_stream.h"

namespace cell0::gateway {

class BrokerLink final : public HistorySource {
 public:
  // kInvalid: an endpoint of [link] is none. Uses, does not own: everything outlives the link.
  static Result<std::unique_ptr<BrokerLink>> create(asio::io_context& io, link::Context& context,
                                                    link::ControlClient& control, const LinkConfig& config,
                                                    const CoreLimits& limits, const Clock& clock, Log& log,
                                                    LinkObserver& observer);
  ~BrokerLink() override;

  // REQUIRES: control is not connected yet.
  void start();

  // Events flow and questions are answered. why_down() says what is missing, for /readyz: "" if up.
  bool up() const { return stream_.up(); }
  std::string why_down() const;

  // kUnavailable while the broker is away; kTimeout after page_timeout.
  void ask(const v1::HistoryRequest& request, OnPage done) override;

  const ChainReader& chain() const { return stream_.chain(); }
  std::uint64_t batches() const { return stream_.batches(); }
  std::uint64_t malformed() const { return stream_.malformed(); }

 private:
  BrokerLink(asio::io_context& io, link::ControlClient& control, const LinkConfig& config, const CoreLimits& limits,
             const Clock& clock, Log& log, LinkObserver& observer);
  void schedule_tick();

  link::ControlClient& control_;
  Duration page_timeout_;
  asio::steady_timer timer_;
  std::unique_ptr<link::Socket> fanout_;
  BrokerStream stream_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
