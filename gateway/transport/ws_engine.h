// WebSocket input (RFC 6455): bytes of a client in, messages and errors out. The only user of websocketpp.
//
// No sockets and no output (frame.h). An engine is needed only while a message is incomplete: between messages it goes
// back to its pool, so that idle connections share a handful. No extensions: RSV bits are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cell0::gateway {

struct WsEvent {
  enum class Kind : std::uint8_t {
    kNone,    // more bytes are needed
    kText,    // payload is a whole message, valid UTF-8
    kBinary,  // payload is a whole message
    kPing,    // payload is to be echoed
    kPong,
    kClose,  // code (1005 if there was none) and payload: the reason, valid UTF-8
    kError,  // the peer broke the protocol: close with `code`; payload says why. The engine is of no more use.
  };
  Kind kind = Kind::kNone;
  std::uint16_t code = 0;
  std::string_view payload;  // until the next call of the engine
};

class WsEngine {
 public:
  virtual ~WsEngine() = default;

  // Takes bytes up to the end of one message or control frame, unmasking them in place. Returns how many it took.
  virtual std::size_t consume(char* bytes, std::size_t count, WsEvent& event) = 0;

  // True between messages: no byte of another has been taken.
  virtual bool at_boundary() const = 0;

  std::uint32_t started_s = 0;  // for the owner: when it took this engine
};

class WsEnginePool {
 public:
  WsEnginePool();
  ~WsEnginePool();
  WsEnginePool(const WsEnginePool&) = delete;
  WsEnginePool& operator=(const WsEnginePool&) = delete;

  // An engine that refuses messages over `message_bytes_max`.
  std::unique_ptr<WsEngine> take(std::size_t message_bytes_max);
  void put(std::unique_ptr<WsEngine> engine);  // REQUIRES: engine->at_boundary()
  std::size_t idle_count() const { return idle_.size(); }

 private:
  struct Shared;  // what websocketpp wants its engines to share
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<WsEngine>> idle_;
};

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
std::string ws_accept_key(std::string_view key);

// True if `key` is 16 bytes in base64.
bool ws_key_valid(std::string_view key);

}  // namespace cell0::gateway
