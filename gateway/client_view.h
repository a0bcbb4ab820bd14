// A client as seen from outside: where it stands, what waits for it, what it missed. Made on demand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/seq.h"

namespace cell0::gateway {

// How far a client's subscription is behind the newest event.
struct Lag {
  bool subscribed = false;
  bool live = false;  // it has everything; else it is a cursor
  Seq position;       // everything up to here has been sent, or told as skipped
  // Of all events behind its position, whether its filter admits them or not; none if that lies before the ring.
  std::optional<std::uint64_t> events;
  std::optional<std::int64_t> ms;  // since the emitter's time of the oldest of them
  std::uint64_t skipped = 0;       // events left out for it so far, as far as their number is known
  std::uint64_t notices = 0;       // skip notices that it was sent
};

struct ClientView {
  std::uint64_t id = 0;   // of its connection, in this gateway
  std::string client_id;  // of a WebSocket; empty: a stream
  std::string kind;       // the dialect, or "stream"
  std::string peer;
  std::string entity;    // empty: a stream
  std::string consumer;  // of an acknowledged one
  std::size_t queue_bytes = 0;
  Lag lag;
};

// Clients in the order of their ids.
struct ClientPage {
  std::vector<ClientView> clients;
  bool more = false;
};

}  // namespace cell0::gateway
