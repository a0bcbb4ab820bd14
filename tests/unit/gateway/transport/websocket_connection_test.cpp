// Connections that are WebSockets: opening, messages, output that waits, and every way to end.
#include <algorithm>

#include "tests/unit/gateway/transport/transport_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;
using std::chrono::seconds;

namespace {

std::string close_frame(std::uint16_t code, std::string_view reason) {
  std::string out;
  append_ws_close(out, code, reason);
  return out;
}

std::string without(std::string text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.erase(at, part.size());
}

// Writes blobs until the socket of `connection` is full. Returns what the kernel and the connection took.
std::string fill(Connection& connection, const BlobPtr& blob) {
  std::string written;
  while (connection.idle()) {
    if (connection.write_blob(blob) > 0) written.append(blob.view());
  }
  return written;
}

}  // namespace

TEST_CASE("a WebSocket opens, and its first frames come in the same write as the 101") {
  Fixture f;
  f.handler.first_frames = text_frame("welcome");
  Client client(f.port);
  client.send(kUpgrade);
  f.run_until([&] { return !client.received().empty(); });
  CHECK(client.has("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(client.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  CHECK(client.body() == text_frame("welcome"));
  CHECK(f.handler.accepted);
  CHECK(f.handler.last().mode() == Mode::kWebSocket);
}

TEST_CASE("messages sent right behind the upgrade are not lost") {
  Fixture f;
  Client client(f.port);
  client.send(kUpgrade + masked(0x81, "early") + masked(0x82, "bytes"));
  f.run_until([&] { return f.handler.texts.size() == 1 && f.handler.binaries.size() == 1; });
  CHECK(f.handler.texts[0] == "early");
}

TEST_CASE("an upgrade may be accepted later, and what came behind it waits") {
  Fixture f;
  HttpRequest kept;
  f.handler.request_action = [&](Connection&, const HttpRequest& request) { kept = request; };
  Client client(f.port);
  client.send(kUpgrade + masked(0x81, "early"));
  f.run_until([&] { return f.handler.requests.size() == 1; });
  f.turn();
  CHECK(f.handler.texts.empty());
  CHECK(f.handler.last().accept_websocket(kept, "", "").ok());
  f.run_until([&] { return f.handler.texts.size() == 1; });
}

TEST_CASE("an upgrade that is none gets 426 or 400") {
  struct Row {
    std::string why;
    std::string request;
    std::string status;
  };
  const Row rows[] = {
      {"no version", without(kUpgrade, "Sec-WebSocket-Version: 13\r\n"), "HTTP/1.1 426 "},
      {"no key", without(kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "HTTP/1.1 400 "},
      {"no upgrade", "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Fixture f;
    f.handler.request_action = [&](Connection& c, const HttpRequest& request) {
      CHECK_FALSE(c.accept_websocket(request, "", "").ok());
    };
    Client client(f.port);
    client.send(row.request);
    f.run_until([&] { return client.ended(); });
    CHECK(client.has(row.status));
    CHECK(client.has("Sec-WebSocket-Version: 13\r\n"));
    CHECK(f.handler.closes.empty());
  }
}

TEST_CASE("a subprotocol is confirmed only if the client offered it") {
  for (const bool offered : {true, false}) {
    Fixture f;
    f.handler.subprotocol = "cell0";
    Client client(f.port);
    std::string request = kUpgrade;
    if (offered) request.insert(request.size() - 2, "Sec-WebSocket-Protocol: other, cell0\r\n");
    client.send(request);
    f.run_until([&] { return client.has("\r\n\r\n"); });
    CHECK(client.has("Sec-WebSocket-Protocol: cell0\r\n") == offered);
  }
}

TEST_CASE("the replies of a callback leave together, behind each other") {
  Fixture f;
  f.handler.text_action = [](Connection& c, std::string_view text) {
    c.send_reply(text_frame(std::string(text) + "1"));
    CHECK_FALSE(c.idle());
    c.send_reply(text_frame(std::string(text) + "2"));
  };
  auto client = f.open_websocket();
  f.handler.writable = 0;
  client->send(masked(0x81, "a") + masked(0x89, "ping") + masked(0x81, "b"));
  f.run_until([&] { return client->has("b2"); });
  CHECK(client->received() ==
        text_frame("a1") + text_frame("a2") + "\x8a\x04ping" + text_frame("b1") + text_frame("b2"));
  CHECK(f.handler.writable == 1);
  CHECK(f.handler.last().idle());
}

TEST_CASE("a reply outside a callback leaves at once and calls nobody") {
  Fixture f;
  auto client = f.open_websocket();
  f.handler.writable = 0;
  f.handler.last().send_reply(text_frame("now"));
  CHECK(f.handler.last().idle());
  CHECK(f.handler.writable == 0);
  f.run_until([&] { return client->received() == text_frame("now"); });
}

TEST_CASE("a blob that the socket takes in part goes on by itself, replies follow it, then on_writable") {
  Fixture f;
  auto client = f.open_websocket(4096);
  f.handler.writable = 0;
  Connection& connection = f.handler.last();
  const BlobPtr blob = BlobPtr::copy(text_frame(std::string(50'000, 'x')));
  const std::string written = fill(connection, blob);
  CHECK_FALSE(connection.idle());
  CHECK(f.server->stats().writes_blocked == 1);
  connection.send_reply(text_frame("reply"));
  CHECK(connection.pending_bytes() > 0);
  CHECK(f.handler.writable == 0);
  f.run_until([&] { return client->has("reply") && f.handler.writable == 1; });
  CHECK((client->received() == written + text_frame("reply")));
  CHECK(connection.idle());
  CHECK(connection.pending_bytes() == 0);
}

TEST_CASE("over the reply limit a client that takes nothing is closed with 1013") {
  TransportLimits limits;
  limits.reply_queue_bytes_max = 10'000;
  Fixture f(limits);
  auto client = f.open_websocket(4096);
  Connection& connection = f.handler.last();
  const std::string written = fill(connection, BlobPtr::copy(text_frame(std::string(50'000, 'x'))));
  const std::string reply = text_frame(std::string(4'000, 'r'));
  connection.send_reply(reply);
  connection.send_reply(reply);
  CHECK(connection.mode() == Mode::kWebSocket);
  connection.send_reply(reply);
  CHECK(connection.mode() == Mode::kClosed);
  CHECK(f.handler.closes.empty());
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1013);
  CHECK(f.server->stats().closed_reply_queue == 1);
  f.run_until([&] { return client->ended(); });
  CHECK((client->received() == written + reply + reply + close_frame(1013, "replies are not taken")));
}

TEST_CASE("a client that does not take its replies is not read from either") {
  TransportLimits limits;
  limits.reply_queue_bytes_max = 64 * 1024;
  Fixture f(limits);
  const std::string answer = text_frame(std::string(1'000, 'y'));
  f.handler.text_action = [&](Connection& c, std::string_view) { c.send_reply(answer); };
  auto client = f.open_websocket(4096);
  std::string flood;
  for (int i = 0; i < 5'000; ++i) flood += masked(0x81, "q");
  client->send(flood);
  f.run_until([&] { return f.server->stats().writes_blocked > 0; });
  for (int i = 0; i < 100; ++i) f.turn();
  CHECK(f.handler.texts.size() < 5'000);
  CHECK(f.handler.last().mode() == Mode::kWebSocket);
  f.run_until([&] { return client->received().size() == 5'000 * answer.size(); });
  CHECK(f.handler.texts.size() == 5'000);
}

TEST_CASE("a protocol error is answered with its code and reported, and nothing behind it counts") {
  Fixture f;
  auto client = f.open_websocket();
  client->send(masked(0xc1, "x") + masked(0x81, "after"));
  f.run_until([&] { return client->ended(); });
  CHECK(client->received().substr(0, 4).substr(2) == "\x03\xea");
  CHECK(f.handler.texts.empty());
  REQUIRE(f.handler.closes.size() == 1);
  CHECK(f.handler.closes[0].code == 1002);
  CHECK_FALSE(f.handler.closes[0].clean);
  CHECK(f.server->stats().errors_protocol == 1);
  CHECK(f.server->stats().websockets == 0);
}

TEST_CASE("a close of the peer is answered with its code") {
  Fixture f;
  auto client = f.open_websocket();
  client->send(masked(0x88, "\x0f\xa1why"));
  f.run_until([&] { return client->ended(); });
  CHECK(client->received() == close_frame(4001, ""));
  REQUIRE(f.handler.closes.size() == 1);
  CHECK(f.handler.closes[0].code == 4001);
  CHECK(f.handler.closes[0].reason == "why");
  CHECK(f.handler.closes[0].clean);
  client->hang_up();
  f.run_until([&] { return f.server->connection_count() == 0; });
  CHECK(f.handler.closes.size() == 1);
}

TEST_CASE("our close waits for the peer's, ignoring its messages, and is clean then") {
  Fixture f;
  auto client = f.open_websocket();
  f.handler.last().close(1008, "no");
  f.run_until([&] { return client->received() == close_frame(1008, "no"); });
  client->send(masked(0x81, "ignored") + masked(0x88, "\x03\xf0"));
  f.run_until([&] { return client->ended(); });
  CHECK(f.handler.texts.empty());
  REQUIRE(f.handler.closes.size() == 1);
  CHECK(f.handler.closes[0].code == 1008);
  CHECK(f.handler.closes[0].clean);
}

TEST_CASE("our close does not wait longer than its timeout") {
  Fixture f;
  auto client = f.open_websocket();
  f.handler.last().close(1001, "bye");
  f.turn();
  CHECK(f.handler.closes.empty());
  f.pass(seconds(6));
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1001);
  CHECK_FALSE(f.handler.closes[0].clean);
  CHECK(f.server->connection_count() == 0);
}

TEST_CASE("our close does not wait for a client that is stalled") {
  Fixture f;
  auto client = f.open_websocket(4096);
  Connection& connection = f.handler.last();
  connection.set_keepalive(seconds(0), seconds(0));
  const std::string written = fill(connection, BlobPtr::copy(text_frame(std::string(50'000, 'x'))));
  f.pass(seconds(1));
  f.pass(seconds(20));  // a look may find that the kernel moved something since
  f.pass(seconds(20));
  connection.close(1001, "bye");
  CHECK(connection.mode() == Mode::kClosed);
  f.run_until([&] { return client->ended(); });
  CHECK(client->received().size() == written.size() + close_frame(1001, "bye").size());
  CHECK((client->received() == written + close_frame(1001, "bye")));
}

TEST_CASE("a client that takes nothing is closed with 1013, one that takes a little is not") {
  for (const bool takes : {false, true}) {
    CAPTURE(takes);
    TransportLimits limits;
    limits.close_after = seconds(3600);
    limits.send_buffer_bytes = 1024 * 1024;
    Fixture f(limits);
    auto client = f.open_websocket(4096);
    fill(f.handler.last(), BlobPtr::copy(text_frame(std::string(50'000, 'x'))));
    for (int i = 0; i < 30; ++i) {
      if (takes) client->receive_some(8192);
      f.turn();
      f.pass(seconds(5));
    }
    f.turn();
    CHECK((f.handler.last().mode() == Mode::kWebSocket) == takes);
    CHECK(f.server->stats().closed_stalled == (takes ? 0 : 1));
    if (!takes) CHECK(f.handler.closes.at(0).code == 1013);
  }
}

TEST_CASE("a silent client is pinged, and closed if it stays silent") {
  Fixture f;
  auto client = f.open_websocket();
  f.pass(seconds(29));
  f.turn();
  CHECK(client->received().empty());
  f.pass(seconds(2));
  f.run_until([&] { return client->received() == std::string("\x89\x00", 2); });
  client->forget();
  client->send(masked(0x8a, ""));
  f.run_until([&] { return f.handler.pongs == 1; });
  f.pass(seconds(29));
  f.pass(seconds(2));
  f.run_until([&] { return client->received() == std::string("\x89\x00", 2); });
  client->forget();
  f.pass(seconds(28));
  CHECK(f.handler.last().mode() == Mode::kWebSocket);
  f.pass(seconds(2));
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1011);
  CHECK(client->received() == close_frame(1011, "keepalive timeout"));
}

TEST_CASE("what is sent to a client does not count as a sign of life") {
  Fixture f;
  auto client = f.open_websocket();
  for (int i = 0; i < 7; ++i) {
    f.pass(seconds(10));
    f.handler.last().send_reply(text_frame("event"));
  }
  CHECK(f.server->stats().closed_silent == 1);
}

TEST_CASE("keepalive can be set and switched off") {
  Fixture f;
  auto client = f.open_websocket();
  f.handler.last().set_keepalive(seconds(5), seconds(0));
  f.pass(seconds(6));
  f.run_until([&] { return client->received() == std::string("\x89\x00", 2); });
  f.pass(seconds(100'000));
  CHECK(f.handler.last().mode() == Mode::kWebSocket);
}

TEST_CASE("a message that never ends is given up") {
  Fixture f;
  auto client = f.open_websocket();
  f.handler.last().set_keepalive(seconds(0), seconds(0));
  client->send(masked(0x01, "half"));
  f.run_until([&] { return f.server->stats().bytes_in > kUpgrade.size(); });
  f.pass(seconds(61));
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1008);
}

TEST_CASE("a client that vanishes is reported with 1006") {
  Fixture f;
  auto client = f.open_websocket();
  client->hang_up();
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1006);
  CHECK_FALSE(f.handler.closes[0].clean);
}

TEST_CASE("a callback may end its own connection and others") {
  Fixture f;
  auto first = f.open_websocket();
  auto second = f.open_websocket();
  f.handler.text_action = [&](Connection& c, std::string_view text) {
    const std::string copy(text);
    for (const ConnectionRef& connection : f.handler.connections) connection->abort();
    CHECK(text == copy);  // the view lives as long as the callback
    c.send_reply("x");
    c.close(1000, "");
  };
  first->send(masked(0x81, std::string(2'000, 'x')) + masked(0x81, "never"));
  f.run_until([&] { return f.handler.closes.size() == 2; });
  CHECK(f.handler.texts.size() == 1);
  CHECK(f.server->connection_count() == 0);
}

TEST_CASE("on_writable may write, close and abort") {
  Fixture f;
  auto client = f.open_websocket(4096);
  const BlobPtr blob = BlobPtr::copy(text_frame(std::string(30'000, 'x')));
  int chunks = 0;
  f.handler.writable_action = [&](Connection& c) {
    while (c.idle() && chunks < 100) {
      if (c.write_blob(blob) > 0) ++chunks;
    }
    if (chunks == 100 && c.idle()) c.close(1000, "done");
  };
  f.handler.last().write_blob(blob);
  fill(f.handler.last(), blob);
  f.run_until([&] { return client->has(close_frame(1000, "done")); });
  CHECK(chunks == 100);
}

TEST_CASE("a message may be as large as the upgrade said, whatever the limits say") {
  for (const std::uint32_t bytes_max : {0u, 500u, 5'000u}) {
    CAPTURE(bytes_max);
    TransportLimits limits;
    limits.message_bytes_max = 1'000;
    Fixture f(limits);
    f.handler.request_action = [&](Connection& c, const HttpRequest& request) {
      CHECK(c.accept_websocket(request, "", "", {bytes_max}).ok());
    };
    const std::size_t allowed = bytes_max == 0 ? limits.message_bytes_max : bytes_max;
    auto client = f.open_websocket();
    client->send(masked(0x81, std::string(allowed, 'x')));
    f.run_until([&] { return f.handler.texts.size() == 1; });
    client->send(masked(0x81, std::string(allowed + 1, 'x')));
    f.run_until([&] { return f.handler.closes.size() == 1; });
    CHECK(f.handler.closes[0].code == 1009);
  }
}

namespace {

// A server that agrees to deflate, and a client that offers it.
struct DeflateFixture : Fixture {
  explicit DeflateFixture(const TransportLimits& limits = {}, bool agree = true) : Fixture(limits) {
    handler.request_action = [this, agree](Connection& c, const HttpRequest& request) {
      CHECK(c.accept_websocket(request, "", handler.first_frames, {0, agree}).ok());
    };
  }
  std::unique_ptr<Client> open() {
    auto client = std::make_unique<Client>(port);
    std::string request = kUpgrade;
    client->send(request.insert(request.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    run_until([&] { return client->has("\r\n\r\n"); });
    return client;
  }
};

const std::string kHello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
const std::string kLarge = text_frame(std::string(5'000, 'x'));

bool compressed(const std::string& frame) { return (static_cast<unsigned char>(frame.at(0)) & 0x40) != 0; }

}  // namespace

TEST_CASE("deflate is agreed to only if the client offers it and the dialect wants it") {
  DeflateFixture agreeing;
  auto offering = agreeing.open();
  CHECK(offering->has("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_"));
  CHECK(agreeing.server->stats().websockets_deflating == 1);
  auto silent = agreeing.open_websocket();
  agreeing.handler.last().send_reply(kLarge);
  agreeing.run_until([&] { return silent->received() == kLarge; });
  CHECK(agreeing.server->stats().websockets_deflating == 1);
  offering->hang_up();
  agreeing.run_until([&] { return agreeing.server->stats().websockets_deflating == 0; });

  DeflateFixture declining({}, false);
  auto client = declining.open();
  CHECK_FALSE(client->has("Sec-WebSocket-Extensions"));
  client->forget();
  client->send(masked(0xc1, kHello));
  declining.run_until([&] { return client->ended(); });
  CHECK(declining.handler.closes.at(0).code == 1002);
}

TEST_CASE("with deflate, messages arrive inflated, and large first frames, replies and blobs leave compressed") {
  DeflateFixture f;
  f.handler.first_frames = text_frame("welcome") + kLarge;
  auto client = f.open();
  f.run_until([&] { return client->body().size() > text_frame("welcome").size() + 4; });
  CHECK(client->body().size() < 100);
  client->forget();
  client->send(masked(0xc1, kHello) + masked(0x81, "plain") + masked(0xc1, kHello));
  f.run_until([&] { return f.handler.texts.size() == 3; });
  CHECK(f.handler.texts == std::vector<std::string>{"Hello", "plain", "Hello"});
  f.handler.last().send_reply(text_frame("small") + kLarge);
  f.run_until([&] { return client->received().size() > text_frame("small").size(); });
  CHECK(compressed(client->received().substr(text_frame("small").size())));
  client->forget();
  CHECK(f.handler.last().write_blob(BlobPtr::copy(kLarge)) == kLarge.size());
  f.run_until([&] { return !client->received().empty(); });
  CHECK(compressed(client->received()));
  CHECK(client->received().size() < 100);
}

TEST_CASE("a blob goes compressed to those who agreed to it and as it is to the others") {
  DeflateFixture f;
  auto one = f.open();
  auto two = f.open();
  auto plain = f.open_websocket();
  one->forget();
  two->forget();
  const BlobPtr blob = BlobPtr::copy(kLarge);
  for (const ConnectionRef& connection : f.handler.connections) CHECK(connection->write_blob(blob) == blob.size());
  f.run_until([&] { return plain->received() == kLarge && !one->received().empty() && !two->received().empty(); });
  CHECK(compressed(one->received()));
  CHECK(one->received() == two->received());
}

TEST_CASE("a compressed blob that the socket takes in part goes on by itself") {
  DeflateFixture f;
  auto client = f.open();
  client->forget();
  std::string text;
  for (int i = 0; i < 12'000; ++i) text += std::to_string(i * 7919 % 65'521) + ",";
  const BlobPtr blob = BlobPtr::copy(text_frame(text));
  const std::string packed = Deflater().frames(blob.view());
  Connection& connection = f.handler.last();
  std::size_t blobs = 0;
  while (connection.idle()) {
    const std::size_t taken = connection.write_blob(blob);
    CHECK(taken <= blob.size());
    if (taken > 0) ++blobs;
    CHECK((taken == blob.size()) == connection.idle());
  }
  f.run_until([&] { return client->received().size() == blobs * packed.size(); });
  CHECK((client->received().substr((blobs - 1) * packed.size()) == packed));
}

TEST_CASE("40 KB that would become 42 MB are refused with 1009, without the memory") {
  DeflateFixture f;
  auto client = f.open();
  const std::string part(first_ws_frame(Deflater().frames(text_frame(std::string(kDeflateBytesMax, 'x')))).payload);
  std::string bomb;
  for (int i = 0; i < 42; ++i) bomb += part + std::string("\x00\x00\xff\xff", 4);
  CAPTURE(bomb.size());
  client->send(masked(0xc1, bomb));
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1009);
  CHECK(f.server->stats().bytes_inflated <= TransportLimits().message_bytes_max);
  CHECK(f.handler.texts.empty());
}

TEST_CASE("incomplete messages of all clients together have a limit; who is over it is told to try later") {
  TransportLimits limits;
  limits.input_bytes_max = 20'000;
  Fixture f(limits);
  auto first = f.open_websocket();
  auto second = f.open_websocket();
  const std::string fragment = masked(0x01, std::string(8'000, 'x'));
  const std::string more = masked(0x00, std::string(8'000, 'x'));
  first->send(fragment);
  second->send(fragment);
  f.run_until([&] { return f.server->stats().input_bytes == 16'000; });
  second->send(more);
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1013);
  CHECK(f.server->stats().closed_input == 1);
  CHECK(f.server->stats().input_bytes == 8'000);
  auto third = f.open_websocket();
  third->send(masked(0x81, std::string(30'000, 'y')));  // in one piece
  first->send(masked(0x80, "end"));
  f.run_until([&] { return f.handler.texts.size() == 2; });
  CHECK(f.server->stats().input_bytes == 0);
  first->send(fragment);
  f.run_until([&] { return f.server->stats().input_bytes == 8'000; });
  first->hang_up();
  f.run_until([&] { return f.server->stats().input_bytes == 0; });
}

TEST_CASE("an inflater counts as held while its message is incomplete") {
  DeflateFixture f;
  auto client = f.open();
  client->send(masked(0x41, kHello.substr(0, 3)));
  f.run_until([&] { return f.server->stats().input_bytes >= Inflater::kBytes; });
  client->send(masked(0x80, kHello.substr(3)));
  f.run_until([&] { return f.handler.texts.size() == 1; });
  CHECK(f.server->stats().input_bytes == 0);
}

TEST_CASE("a client whose messages inflate to much does not keep the loop") {
  DeflateFixture f;
  auto bomber = f.open();
  const std::string megabyte(first_ws_frame(Deflater().frames(text_frame(std::string(1'000'000, 'x')))).payload);
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += masked(0xc1, megabyte);
  bomber->send(burst + masked(0x81, "end"));
  std::size_t most_per_turn = 0;
  while (f.handler.texts.empty() || f.handler.texts.back() != "end") {
    const std::size_t before = f.handler.texts.size();
    f.io.restart();
    f.io.run_one_for(std::chrono::seconds(5));
    most_per_turn = std::max(most_per_turn, f.handler.texts.size() - before);
  }
  CHECK(f.handler.texts.size() == 21);
  CHECK(most_per_turn <= 3);
}

TEST_CASE("an idle WebSocket connection is small") { CHECK(sizeof(Connection) <= 256); }
