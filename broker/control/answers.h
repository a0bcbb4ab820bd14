// Sends answers to the peers of the control socket. A peer that is gone, or does not read, loses its answer: it asks
// again after its own timeout.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/counters.h"
#include "cell0/v1/control.pb.h"
#include "common/result.h"

namespace cell0::broker {

class Answers {
 public:
  // Hands an encoded v1::Response to the ROUTER; false: it could not take it for this peer.
  using Send = std::function<bool(std::string_view peer, std::string_view response)>;

  // `counters` outlive it.
  Answers(Send send, Counters& counters) : send_(std::move(send)), counters_(counters) {}

  // False: the peer is gone, or does not read.
  bool send(std::string_view peer, const v1::Response& response);
  bool send_encoded(std::string_view peer, std::string_view response);  // REQUIRES: an encoded v1::Response
  void fail(std::string_view peer, std::uint64_t id, v1::Failure::Code code, const std::string& text);
  void fail(std::string_view peer, std::uint64_t id, const Error& error);

 private:
  Send send_;
  Counters& counters_;
  std::string encoded_;
};

}  // namespace cell0::broker
