#include "gateway/transport/frame.h"

#include "common/check.h"

namespace cell0::gateway {
namespace {

constexpr std::uint64_t kLength16Max = 0xffff;

// Appends "name: line\n" for each line of `value`; CRLF, CR and LF all end one.
void append_field_lines(std::string& out, std::string_view name, std::string_view value) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = value.find_first_of("\r\n", begin);
    out.append(name).append(value.substr(begin, end - begin)).push_back('\n');
    if (end == std::string_view::npos) return;
    begin = end + (value.substr(end, 2) == "\r\n" ? 2 : 1);
  }
}

bool is_continuation_byte(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

std::string_view cut_at_code_point(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) return text;
  while (size_max > 0 && is_continuation_byte(text[size_max])) --size_max;
  return text.substr(0, size_max);
}

}  // namespace

void append_ws_frame(std::string& out, WsOpcode op, std::string_view payload, WsCompressed compressed) {
  const std::uint64_t size = payload.size();
  char header[kWsHeaderMax];
  std::size_t used = 2;
  const unsigned rsv1 = compressed == WsCompressed::kYes ? 0x40 : 0;
  header[0] = static_cast<char>(0x80 | rsv1 | static_cast<unsigned>(op));
  if (size <= kWsControlPayloadMax) {
    header[1] = static_cast<char>(size);
  } else {
    CELL0_CHECK(op == WsOpcode::kText || op == WsOpcode::kBinary);
    const bool wide = size > kLength16Max;
    header[1] = static_cast<char>(wide ? 127 : 126);
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) header[used++] = static_cast<char>(size >> shift);
  }
  out.append(header, used).append(payload);
}

WsFrameView first_ws_frame(std::string_view frames) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(frames.at(at)); };
  std::uint64_t length = byte(1);
  std::size_t header = 2;
  if (length > kWsControlPayloadMax) {
    const std::size_t wide = length == 127 ? 8 : 2;
    length = 0;
    for (std::size_t i = 0; i < wide; ++i) length = length << 8 | byte(header++);
  }
  CELL0_CHECK(length <= frames.size() - header);
  return {static_cast<WsOpcode>(byte(0) & 0x0f), frames.substr(header, length), header + length};
}

void append_ws_close(std::string& out, std::uint16_t code, std::string_view reason) {
  if (!ws_close_code_valid(code)) return append_ws_frame(out, WsOpcode::kClose, {});
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload.append(cut_at_code_point(reason, kWsCloseReasonMax));
  append_ws_frame(out, WsOpcode::kClose, payload);
}

bool ws_close_code_valid(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

void append_sse_event(std::string& out, std::string_view event, std::string_view id, std::string_view data) {
  if (!event.empty()) out.append("event: ").append(event).push_back('\n');
  if (!id.empty()) out.append("id: ").append(id).push_back('\n');
  append_field_lines(out, "data: ", data);
  out.push_back('\n');
}

}  // namespace cell0::gateway
