// Bytes as they leave: WebSocket frames of a server (RFC 6455 section 5) and server-sent events (HTML, section 9.2).
//
// Pure functions that append to a string, so that a turn's events become one blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cell0::gateway {

enum class WsOpcode : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// Close codes that we send (RFC 6455 section 7.4, and the registry for 1012 and later).
namespace ws_close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoStatus = 1005;  // never sent: the peer's close frame had no code
inline constexpr std::uint16_t kAbnormal = 1006;  // never sent: the connection ended without a close frame
inline constexpr std::uint16_t kBadData = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kRestart = 1012;
inline constexpr std::uint16_t kTryLater = 1013;
}  // namespace ws_close

inline constexpr std::size_t kWsControlPayloadMax = 125;
inline constexpr std::size_t kWsCloseReasonMax = kWsControlPayloadMax - 2;
inline constexpr std::size_t kWsHeaderMax = 10;  // of a server's frame: it has no mask

enum class WsCompressed : std::uint8_t { kNo, kYes };  // RSV1 (RFC 7692 section 6)

// One whole frame: FIN set, unmasked, with the shortest length form.
// REQUIRES: payload.size() <= kWsControlPayloadMax for close, ping and pong; text is valid UTF-8 (before compression).
void append_ws_frame(std::string& out, WsOpcode op, std::string_view payload,
                     WsCompressed compressed = WsCompressed::kNo);

struct WsFrameView {
  WsOpcode op = WsOpcode::kText;
  std::string_view payload;
  std::size_t size = 0;  // of the whole frame
};

// The first of `frames`. REQUIRES: append_ws_frame() made them, and there is one.
WsFrameView first_ws_frame(std::string_view frames);

// A close frame. A reason that is too long is cut at a code point. kNoStatus and kAbnormal make a frame without a code.
void append_ws_close(std::string& out, std::uint16_t code, std::string_view reason);

// True if `code` may appear in a close frame on the wire.
bool ws_close_code_valid(std::uint16_t code);

// One event: "event: …\nid: …\ndata: …\n\n", the lines of empty parts left out except data's. A line break in `data`
// starts another data line. REQUIRES: no line break or NUL in `event` and `id`.
void append_sse_event(std::string& out, std::string_view event, std::string_view id, std::string_view data);

}  // namespace cell0::gateway
