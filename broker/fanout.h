// The fanout socket: every Batch of the chain, to every gateway, and a heartbeat when there is nothing.
#pragma once

#include <memory>

#include "broker/chain.h"
#include "broker/counters.h"
#include "broker/drafts.h"
#include "common/clock.h"
#include "common/link/socket.h"

namespace cell0::broker {

class Fanout {
 public:
  static constexpr std::string_view kShard = "s0";  // one shard, until a measured need for more

  // Takes a bound XPUB socket. The references outlive it.
  Fanout(std::unique_ptr<link::Socket> socket, Chain& chain, Counters& counters, const Clock& clock);

  void start();

  // Publishes committed drafts: a Batch for each of their blocks.
  void publish(Drafts& committed);
  void heartbeat();

  const link::Socket& socket() const { return *socket_; }

 private:
  void send(std::string_view batch);
  static void check(const Result<void>& sent);

  std::unique_ptr<link::Socket> socket_;
  Chain& chain_;
  Counters& counters_;
  const Clock& clock_;
};

}  // namespace cell0::broker
