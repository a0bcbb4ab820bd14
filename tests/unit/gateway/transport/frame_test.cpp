#include "gateway/transport/frame.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/transport/blob.h"

using namespace cell0::gateway;

namespace {

std::string frame(WsOpcode op, std::string_view payload) {
  std::string out;
  append_ws_frame(out, op, payload);
  return out;
}

std::string sse(std::string_view event, std::string_view id, std::string_view data) {
  std::string out;
  append_sse_event(out, event, id, data);
  return out;
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
  std::string out;
  append_ws_close(out, code, reason);
  return out;
}

}  // namespace

TEST_CASE("a frame has the shortest length form") {
  CHECK(frame(WsOpcode::kText, "hi") == "\x81\x02hi");
  CHECK(frame(WsOpcode::kBinary, "") == std::string("\x82\x00", 2));
  CHECK(frame(WsOpcode::kPing, "x") == "\x89\x01x");
  const std::string p125(125, 'a');
  CHECK(frame(WsOpcode::kText, p125) == "\x81\x7d" + p125);
  const std::string p126(126, 'a');
  CHECK(frame(WsOpcode::kText, p126) == std::string("\x81\x7e\x00\x7e", 4) + p126);
  const std::string p65535(65535, 'a');
  CHECK(frame(WsOpcode::kText, p65535) == std::string("\x81\x7e\xff\xff", 4) + p65535);
  const std::string p65536(65536, 'a');
  CHECK(frame(WsOpcode::kText, p65536) == std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10) + p65536);
}

TEST_CASE("frames are appended, so that a turn's events make one blob") {
  std::string out = frame(WsOpcode::kText, "a");
  append_ws_frame(out, WsOpcode::kText, "b");
  CHECK(out ==
        "\x81\x01"
        "a\x81\x01"
        "b");
}

TEST_CASE("a close frame carries its code and a reason that fits") {
  CHECK(close_frame(1001, "bye") ==
        "\x88\x05\x03\xe9"
        "bye");
  CHECK(close_frame(ws_close::kNoStatus, "ignored") == std::string("\x88\x00", 2));
  const std::string cut = close_frame(1000, std::string(200, 'x'));
  CHECK(cut.size() == 2 + kWsControlPayloadMax);
  const std::string umlauts = close_frame(1000, std::string(122, 'x') + "\xc3\xbc");
  CHECK(umlauts.size() == 2 + 2 + 122);  // not half an umlaut
}

TEST_CASE("close codes that may be sent are those of the RFC, the registry and applications") {
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    CAPTURE(code);
    CHECK(ws_close_code_valid(static_cast<std::uint16_t>(code)));
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535}) {
    CAPTURE(code);
    CHECK_FALSE(ws_close_code_valid(static_cast<std::uint16_t>(code)));
  }
}

TEST_CASE("a server-sent event leaves out what is empty and splits its data into lines") {
  CHECK(sse("", "", "x") == "data: x\n\n");
  CHECK(sse("chat", "7", "x") == "event: chat\nid: 7\ndata: x\n\n");
  CHECK(sse("", "", "") == "data: \n\n");
  CHECK(sse("", "", "a\nb\r\nc\rd") == "data: a\ndata: b\ndata: c\ndata: d\n\n");
  CHECK(sse("", "", "a\n") == "data: a\ndata: \n\n");
}

TEST_CASE("a blob is shared, not copied") {
  BlobPtr first = BlobPtr::copy("bytes");
  const BlobPtr second = first;
  CHECK(second.view().data() == first.view().data());
  first = BlobPtr();
  CHECK_FALSE(first);
  CHECK(first.size() == 0);
  CHECK(second.view() == "bytes");
  const BlobPtr empty = BlobPtr::copy("");
  CHECK(empty);
  CHECK(empty.size() == 0);
}
