// What presence needs of the world: the broker, and the end of a turn of the loop. presence_link.h is the real one.
#pragma once

#include <functional>

#include "cell0/v1/control.pb.h"
#include "common/result.h"

namespace cell0::gateway {

class PresenceSource {
 public:
  using OnAnswer = std::function<void(Result<v1::Response>)>;

  virtual ~PresenceSource() = default;
  // `done` is called exactly once, later: kUnavailable, kTimeout: the broker is away.
  virtual void ask_presence(v1::Request request, OnAnswer done) = 0;
  virtual bool presence_connected() const = 0;  // to the broker
  // Presence::run() is to be called once, at the end of this turn of the loop.
  virtual void run_presence_soon() = 0;
};

}  // namespace cell0::gateway
