// The control socket: requests of gateways, emitters and the command line, dispatched by a table.
//
// A request that cannot be read is answered with a Failure if its id could be, and counted. Nothing a peer sends ends
// anything but its own request.
#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "broker/control/handlers.h"
#include "common/link/socket.h"

namespace cell0::broker {

class Control {
 public:
  // Takes a bound ROUTER socket, whose answers go by parts.answers. The references outlive it.
  Control(std::unique_ptr<link::Socket> socket, Answers& answers, ControlParts parts, Counters& counters);

  void start();

  // No more requests are taken; answers still go out.
  void stop_taking() { taking_ = false; }

  std::uint64_t oversize_messages() const { return socket_->oversize_messages(); }
  const ControlParts& parts() const { return parts_; }

 private:
  void on_message(link::FrameViews frames);
  void serve(std::string_view peer, std::string_view message);

  std::unique_ptr<link::Socket> socket_;
  Answers& answers_;
  ControlParts parts_;
  Counters& counters_;
  v1::Response answer_;
  bool taking_ = true;
};

}  // namespace cell0::broker
