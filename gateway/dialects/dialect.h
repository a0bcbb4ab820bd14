// A client protocol as a pure codec: text in, commands out; reply, event or notice in, frames out. Knows no socket, no
// session, no permission. One object of each for the whole process.
#pragma once

#include <chrono>
#include <string_view>

#include "cell0/v1/control.pb.h"
#include "gateway/dialects/command.h"
#include "gateway/dialects/reply.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

struct KeepAlive {
  std::chrono::seconds ping_after;             // silence before a WebSocket ping
  std::chrono::seconds close_after;            // silence before the connection is closed
  std::chrono::seconds message_ping_every{0};  // an application ping of the dialect's own; 0: none
};

struct Manners {
  bool streams_unasked = true;    // a new client gets the default events, and the query of its URL counts
  bool streams_if_asked = false;  // nothing unasked; what the query names by types or topics it gets
  bool closes_on_token = true;    // a wrong token in a message ends the connection
  bool large_messages = false;    // up to jsonrpc_message_bytes_max, and compressed if the client likes
  bool has_inbox = false;         // who has shown a token gets what is sent to it as an agent
  bool shows_some = false;        // of what a filter admits: shows() says which
  bool subscribes = true;         // it has a message for that; else a token shown in a message changes what streams
  bool counts_clients = false;    // its welcome says how many there are, on all gateways...
  bool opens_in_welcome = false;  // ...and holds the opening
};

// What a client subscribes to, where a dialect has different messages for them.
enum class Feed { kEvents, kChannel, kInbox, kPresence };

class Dialect : public Renderer {
 public:
  virtual std::string_view name() const = 0;          // "cell0d"
  virtual v1::Audience audience() const = 0;          // what its clients get when they ask for nothing special
  virtual std::string_view default_name() const = 0;  // how a subscription names that: "all"
  virtual KeepAlive keep_alive() const = 0;
  virtual Manners manners() const { return {}; }
  // Whether its clients see this event at all; if not, event() appends nothing.
  virtual bool shows(const Event&) const { return true; }

  // One object for each, for the process's life: clients of one feed and filter share what is rendered.
  virtual const Renderer& renderer(Feed) const { return *this; }

  // Never fails: what cannot be understood is an InvalidCommand. `text` may be anything.
  virtual Decoded decode(std::string_view text) const = 0;
  // A binary frame: UTF-8 JSON is taken as text, and what is not UTF-8 is not JSON either (dialects.md, first rules).
  virtual Decoded decode_binary(std::string_view bytes) const { return decode(bytes); }

  // A filter out of a client's URL, with the types' names as its dialect means them.
  virtual v1::Filter meant(v1::Filter filter) const { return filter; }

  // What a client asks by the query of its URL, as if it were its first messages.
  virtual std::vector<Request> requests_of_url(const v1::Filter&, std::optional<Seq> /*since*/) const { return {}; }

  // Appends the reply as one frame; nothing, if the request wants none or its batch is not complete. Once for each
  // request. A null context is that of what the server says unasked.
  virtual void reply(std::string& out, const ReplyContext& context, const Reply& reply) const = 0;
};

}  // namespace cell0::gateway
