#include "gateway/transport/ws_engine.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0::gateway;
using Kind = WsEvent::Kind;

namespace {

constexpr std::size_t kMessageBytesMax = 1000;
const std::string kMask("\x11\x22\x33\x44", 4);

// A frame as clients send it: masked, in any shape that a test wants.
std::string client_frame(unsigned first_byte, std::string payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() <= 125) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out + kMask + payload;
}

struct Seen {
  Kind kind;
  std::uint16_t code;
  std::string payload;
  bool operator==(const Seen& other) const {
    return kind == other.kind && code == other.code && (kind == Kind::kError || payload == other.payload);
  }
};

std::vector<Seen> run(std::string bytes, std::size_t step, bool deflate) {
  WsEnginePool pool;
  auto engine = pool.take({kMessageBytesMax, deflate});
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < bytes.size();) {
    WsEvent event;
    at += engine->consume(bytes.data() + at, std::min(step, bytes.size() - at), event);
    if (event.kind != Kind::kNone) seen.push_back({event.kind, event.code, std::string(event.payload)});
    if (event.kind == Kind::kError) break;
  }
  return seen;
}

void check_events(const std::string& why, const std::string& bytes, const std::vector<Seen>& expected,
                  bool deflate = false) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::string::npos}) {
    CAPTURE(why);
    CAPTURE(step);
    const std::vector<Seen> seen = run(bytes, step, deflate);
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      CHECK(static_cast<int>(seen[i].kind) == static_cast<int>(expected[i].kind));
      CHECK(seen[i].code == expected[i].code);
      if (seen[i].kind != Kind::kError) CHECK(seen[i].payload == expected[i].payload);
    }
  }
}

}  // namespace

TEST_CASE("what breaks the protocol gets the close code that it deserves") {
  struct Row {
    std::string why;
    std::string bytes;
    std::uint16_t code;
  };
  const Row rows[] = {
      {"no mask", "\x81\x01x", 1002},
      {"RSV1", client_frame(0xc1, "x"), 1002},
      {"RSV2", client_frame(0xa1, "x"), 1002},
      {"RSV3", client_frame(0x91, "x"), 1002},
      {"RSV1 on a continuation", client_frame(0x01, "x") + client_frame(0xc0, "x"), 1002},
      {"RSV1 on a ping", client_frame(0xc9, ""), 1002},
      {"reserved data opcode", client_frame(0x83, "x"), 1002},
      {"reserved control opcode", client_frame(0x8b, ""), 1002},
      {"a fragmented ping", client_frame(0x09, ""), 1002},
      {"a ping over 125 bytes", client_frame(0x89, std::string(126, 'x')), 1002},
      {"a continuation of nothing", client_frame(0x80, "x"), 1002},
      {"a new message within a message", client_frame(0x01, "x") + client_frame(0x81, "y"), 1002},
      {"a length that is not minimal", "\x81\xfe" + std::string("\x00\x05", 2) + kMask + "12345", 1002},
      {"a message over the limit", client_frame(0x81, std::string(kMessageBytesMax + 1, 'x')), 1009},
      {"a message whose length is absurd", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + kMask, 1009},
      {"fragments over the limit",
       client_frame(0x01, std::string(600, 'x')) + client_frame(0x80, std::string(600, 'x')), 1009},
      {"text that is not UTF-8", client_frame(0x81, "\xc3\x28"), 1007},
      {"an overlong form", client_frame(0x81, "\xc0\x80"), 1007},
      {"a surrogate", client_frame(0x81, "\xed\xa0\x80"), 1007},
      {"text that ends inside a code point", client_frame(0x81, "a\xc3"), 1007},
      {"fragments that end inside a code point", client_frame(0x01, "a\xc3") + client_frame(0x80, ""), 1007},
      {"fragments that end inside a code point, split in it",
       client_frame(0x01, "\xf0\x9f") + client_frame(0x80, "\x98"), 1007},
      {"half a close code", client_frame(0x88, "\x03"), 1002},
      {"close code 1005", client_frame(0x88, "\x03\xed"), 1002},
      {"close code 999", client_frame(0x88, "\x03\xe7"), 1002},
      {"close code 2999", client_frame(0x88, "\x0b\xb7"), 1002},
      {"close code 5000", client_frame(0x88, "\x13\x88"), 1002},
      {"a close reason that is not UTF-8", client_frame(0x88, "\x03\xe8\xff"), 1007},
  };
  for (const Row& row : rows) check_events(row.why, row.bytes, {{Kind::kError, row.code, ""}});
}

TEST_CASE("messages and control frames come out as they went in") {
  const std::string long_text(300, 'x');
  check_events("text", client_frame(0x81, "hello"), {{Kind::kText, 0, "hello"}});
  check_events("empty text", client_frame(0x81, ""), {{Kind::kText, 0, ""}});
  check_events("longer text", client_frame(0x81, long_text), {{Kind::kText, 0, long_text}});
  check_events("the longest", client_frame(0x81, std::string(kMessageBytesMax, 'x')),
               {{Kind::kText, 0, std::string(kMessageBytesMax, 'x')}});
  check_events("binary that is no text", client_frame(0x82, "\xff\xfe"), {{Kind::kBinary, 0, "\xff\xfe"}});
  check_events("two in a row", client_frame(0x81, "a") + client_frame(0x81, "b"),
               {{Kind::kText, 0, "a"}, {Kind::kText, 0, "b"}});
  check_events("a code point over two fragments", client_frame(0x01, "\xc3") + client_frame(0x80, "\xbc"),
               {{Kind::kText, 0, "\xc3\xbc"}});
  check_events("a ping between fragments",
               client_frame(0x01, "a") + client_frame(0x89, "p") + client_frame(0x00, "") + client_frame(0x80, "b"),
               {{Kind::kPing, 0, "p"}, {Kind::kText, 0, "ab"}});
  check_events("pong", client_frame(0x8a, "x"), {{Kind::kPong, 0, "x"}});
  check_events("close without a code", client_frame(0x88, ""), {{Kind::kClose, 1005, ""}});
  check_events("close with code and reason", client_frame(0x88, "\x0f\xa1why"), {{Kind::kClose, 4001, "why"}});
}

TEST_CASE("compressed messages, where they were agreed to, come out inflated") {
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  const auto check = [](const std::string& why, const std::string& bytes, const std::vector<Seen>& expected) {
    check_events(why, bytes, expected, true);
  };
  check("one", client_frame(0xc1, hello), {{Kind::kText, 0, "Hello"}});
  check("binary", client_frame(0xc2, hello), {{Kind::kBinary, 0, "Hello"}});
  check("one that is not compressed", client_frame(0x81, "plain"), {{Kind::kText, 0, "plain"}});
  check("an empty one", client_frame(0xc1, std::string(1, '\0')), {{Kind::kText, 0, ""}});
  check("one without a byte", client_frame(0xc1, ""), {{Kind::kText, 0, ""}});
  check("three in turn", client_frame(0xc1, hello) + client_frame(0x81, "plain") + client_frame(0xc1, hello),
        {{Kind::kText, 0, "Hello"}, {Kind::kText, 0, "plain"}, {Kind::kText, 0, "Hello"}});
  check("in fragments", client_frame(0x41, hello.substr(0, 3)) + client_frame(0x80, hello.substr(3)),
        {{Kind::kText, 0, "Hello"}});
  check("in fragments, the last one empty",
        client_frame(0x41, hello.substr(0, 3)) + client_frame(0x00, hello.substr(3)) + client_frame(0x80, ""),
        {{Kind::kText, 0, "Hello"}});
  check("a ping between its fragments",
        client_frame(0x41, hello.substr(0, 3)) + client_frame(0x89, "p") + client_frame(0x80, hello.substr(3)),
        {{Kind::kPing, 0, "p"}, {Kind::kText, 0, "Hello"}});
}

TEST_CASE("compressed messages that break a rule get the close code that they deserve") {
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  // A block without compression, in which any text can be written down.
  const auto stored = [](std::string_view text) {
    const auto size = static_cast<char>(text.size());
    return std::string{0, size, 0, static_cast<char>(~size), '\xff'}.append(text).append(1, '\0');
  };
  // 5,000 times 'x'.
  const std::string large("\xec\xc1\x31\x01\x00\x00\x00\xc2\xa0\xda\x8b\x6f\x0a\x3f\xa0\x00\x00\x00\x00\x80\xb7\x01",
                          22);
  struct Row {
    std::string why;
    std::string bytes;
    std::uint16_t code;
  };
  const Row rows[] = {
      {"RSV1 on a continuation of a compressed message",
       client_frame(0x41, hello.substr(0, 3)) + client_frame(0xc0, hello.substr(3)), 1002},
      {"RSV1 on a continuation of a plain message", client_frame(0x01, "a") + client_frame(0xc0, hello), 1002},
      {"RSV1 on a ping", client_frame(0xc9, ""), 1002},
      {"RSV1 on a close", client_frame(0xc8, "\x03\xe8"), 1002},
      {"RSV1 and RSV2", client_frame(0xe1, hello), 1002},
      {"no deflate data", client_frame(0xc1, "{\"jsonrpc\":\"2.0\"}"), 1007},
      {"cut inside a block", client_frame(0xc1, hello.substr(0, 4)), 1007},
      {"a plain message over the limit", client_frame(0x81, std::string(kMessageBytesMax + 1, 'x')), 1009},
      {"a compressed message over the limit before it is inflated",
       client_frame(0xc1, std::string(kMessageBytesMax + 1, 'x')), 1009},
      {"a compressed message over the limit once inflated", client_frame(0xc1, large), 1009},
      {"text that is not UTF-8", client_frame(0xc1, stored("\xc3\x28")), 1007},
      {"text that is not UTF-8 at its very end", client_frame(0xc1, std::string("\x00\x09\x00\xf6\xffHello", 10)),
       1007},
      {"text that ends inside a code point", client_frame(0xc1, stored("a\xc3")), 1007},
      {"fragments that end inside a code point",
       client_frame(0x41, stored("a\xc3").substr(0, 7)) + client_frame(0x80, stored("a\xc3").substr(7)), 1007},
  };
  for (const Row& row : rows) check_events(row.why, row.bytes, {{Kind::kError, row.code, ""}}, true);
}

TEST_CASE("whatever is damaged on the way, a message comes out whole, or an error, and never more than the limit") {
  const std::string deflated("\xec\xc1\x31\x01\x00\x00\x00\xc2\xa0\xda\x8b\x6f\x0a\x3f\xa0\x00\x00\x00\x00\x80\xb7\x01",
                             22);
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  const std::string intact = client_frame(0x41, hello.substr(0, 3)) + client_frame(0x89, "ping") +
                             client_frame(0x80, hello.substr(3)) + client_frame(0x81, "plain") +
                             client_frame(0xc2, hello) + client_frame(0xc1, deflated);
  std::uint32_t state = 20261121;
  const auto random = [&state](std::size_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = intact;
    for (std::size_t i = 0; i <= random(3); ++i) bytes[random(bytes.size())] ^= static_cast<char>(1U << random(8));
    for (const Seen& seen : run(bytes, 1 + random(64), true)) {
      REQUIRE(seen.payload.size() <= kMessageBytesMax);
      if (seen.kind == Kind::kError) REQUIRE((seen.code == 1002 || seen.code == 1007 || seen.code == 1009));
    }
  }
}

TEST_CASE("an engine goes back to its pool between messages only") {
  WsEnginePool pool;
  auto engine = pool.take({kMessageBytesMax, false});
  CHECK(engine->at_boundary());
  std::string first = client_frame(0x01, "a");
  std::string half = client_frame(0x80, "b").substr(0, 1);
  std::string rest = client_frame(0x80, "b").substr(1);
  WsEvent event;
  engine->consume(half.data(), 0, event);
  engine->consume(first.data(), first.size(), event);
  CHECK_FALSE(engine->at_boundary());  // the message is not over
  engine->consume(half.data(), half.size(), event);
  CHECK_FALSE(engine->at_boundary());
  engine->consume(rest.data(), rest.size(), event);
  CHECK(event.payload == "ab");
  CHECK(engine->at_boundary());
  WsEngine* const address = engine.get();
  pool.put(std::move(engine));
  CHECK(pool.idle_count() == 1);
  CHECK(pool.take({kMessageBytesMax, false}).get() == address);
}

TEST_CASE("the accept key is the RFC's example") {
  CHECK(ws_accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(ws_key_valid("dGhlIHNhbXBsZSBub25jZQ=="));
  CHECK_FALSE(ws_key_valid("dGhlIHNhbXBsZSBub25jZQ"));
  CHECK_FALSE(ws_key_valid(""));
  CHECK_FALSE(ws_key_valid("dGhlIHNhbXBsZSBub25jZ==="));
}
