// The ingest socket: plain PUB emitters, fire and forget. The last frame of a message is an Envelope.
//
// What is wrong is counted and logged (throttled, with the field); nobody is told. Gaps in origin.n are counted.
#pragma once

#include <memory>

#include "broker/counters.h"
#include "broker/intake.h"
#include "broker/pub_gaps.h"
#include "common/link/socket.h"
#include "common/log.h"

namespace cell0::broker {

class Ingest {
 public:
  // Takes a bound XSUB socket. The references outlive it.
  Ingest(std::unique_ptr<link::Socket> socket, Intake& intake, const Limits& limits, Counters& counters,
         const Clock& clock, Log& log);

  void start();
  void stop() { socket_.reset(); }

  std::uint64_t oversize_messages() const { return socket_ ? socket_->oversize_messages() : 0; }

 private:
  void on_message(link::FrameViews frames);
  void refuse(const Error& error);

  std::unique_ptr<link::Socket> socket_;
  Intake& intake_;
  PubGaps gaps_;
  Counters& counters_;
  const Clock& clock_;
  Log& log_;
  LogThrottle throttle_;
};

}  // namespace cell0::broker
