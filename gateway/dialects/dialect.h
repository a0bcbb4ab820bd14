// A client protocol as a pure codec: text in, Command out; Reply, event or notice in, frames out. Knows no socket, no
// session, no permission. One object of each for the whole process.
#pragma once

#include <chrono>
#include <string_view>

#include "cell0/v1/options.pb.h"
#include "gateway/dialects/command.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

struct KeepAlive {
  std::chrono::seconds ping_after;             // silence before a WebSocket ping
  std::chrono::seconds close_after;            // silence before the connection is closed
  std::chrono::seconds message_ping_every{0};  // an application ping of the dialect's own; 0: none
};

class Dialect : public Renderer {
 public:
  virtual std::string_view name() const = 0;          // "cell0d"
  virtual v1::Audience audience() const = 0;          // what its clients get when they ask for nothing special
  virtual std::string_view default_name() const = 0;  // how a subscription names that: "all"
  virtual KeepAlive keep_alive() const = 0;

  // Never fails: what cannot be understood is an InvalidCommand. REQUIRES: text is valid UTF-8.
  virtual Command decode(std::string_view text) const = 0;

  // Appends the reply as one frame.
  virtual void reply(std::string& out, const Reply& reply) const = 0;
};

}  // namespace cell0::gateway
