// How one kind of client sees the stream: events and the two notices, framed and ready for its socket.
//
// One object per dialect and framing, shared by all its clients; a broadcast is rendered once per Renderer and turn.
#pragma once

#include <optional>
#include <string>

#include "gateway/event.h"

namespace cell0::gateway {

// Before a resumed stream: what will be sent of the past (dialects.md, "Resume").
struct Resumed {
  bool recovered = true;     // false: something that the filter admits is no longer held, or `since` is in the future
  std::optional<Seq> first;  // of what will be sent; none if nothing
  std::optional<Seq> last;
};

// Before any later event: what was left out for this client (dialects.md, "Slow clients").
struct Skipped {
  Seq from;
  Seq to;
  std::uint32_t priority_above = 0;    // only events with a higher priority number; 0: all
  std::optional<std::uint64_t> count;  // durable and relaxed ones; none if not known
  SkipReason reason = SkipReason::kSlow;
};

const char* to_string(SkipReason reason);  // "slow", "gap", "not_retained"

class Renderer {
 public:
  virtual ~Renderer() = default;
  // Each appends one or more whole frames. REQUIRES: !event.is_hole().
  virtual void event(std::string& out, const Event& event) const = 0;
  virtual void skipped(std::string& out, const Skipped& skipped) const = 0;
  virtual void resumed(std::string& out, const Resumed& resumed) const = 0;
};

// An event, or what a hole in the ring looks like to a client.
void render(const Renderer& renderer, std::string& out, const Event& event);

}  // namespace cell0::gateway
