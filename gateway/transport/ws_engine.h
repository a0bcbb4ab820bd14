// WebSocket input (RFC 6455): bytes of a client in, messages and errors out. The only user of websocketpp.
//
// No sockets and no output (frame.h). An engine is needed only while a message is incomplete: between messages it goes
// back to its pool, so that idle connections share a handful. Compressed messages (RFC 7692) stand each for itself, so
// that holds for connections that agreed to them, too.
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

// What one connection agreed to.
struct WsInput {
  std::size_t message_bytes_max = 0;  // of a message, all its fragments, before and after inflating; more is 1009
  bool deflate = false;               // RSV1 marks a compressed message; else it is refused
};

class WsEngine {
 public:
  virtual ~WsEngine() = default;

  // Takes bytes up to the end of one message or control frame, unmasking them in place. Returns how many it took.
  virtual std::size_t consume(char* bytes, std::size_t count, WsEvent& event) = 0;

  // True between messages: no byte of another has been taken.
  virtual bool at_boundary() const = 0;

  // Bytes that it holds of a message that is incomplete, an inflater among them.
  virtual std::size_t held_bytes() const = 0;

  // Bytes that came out of compressed messages since the last call of this.
  virtual std::size_t take_inflated() = 0;

  std::uint32_t started_s = 0;  // for the owner: when it took this engine
};

class WsEnginePool {
 public:
  WsEnginePool();
  ~WsEnginePool();
  WsEnginePool(const WsEnginePool&) = delete;
  WsEnginePool& operator=(const WsEnginePool&) = delete;

  std::unique_ptr<WsEngine> take(const WsInput& input);
  void put(std::unique_ptr<WsEngine> engine);  // REQUIRES: engine->at_boundary()
  std::size_t idle_count() const { return idle_.size(); }
  std::size_t held_bytes() const;  // of all its engines that are out

 private:
  struct Shared;                    // what websocketpp wants its engines to share
  std::shared_ptr<Shared> shared_;  // with the engines, which may be the last to go
  std::vector<std::unique_ptr<WsEngine>> idle_;
};

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
std::string ws_accept_key(std::string_view key);

// True if `key` is 16 bytes in base64.
bool ws_key_valid(std::string_view key);

}  // namespace cell0::gateway
