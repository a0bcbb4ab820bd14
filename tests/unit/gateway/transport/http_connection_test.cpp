// Connections that speak HTTP, and those that become streams.
#include "tests/unit/gateway/transport/transport_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;
using std::chrono::seconds;

namespace {

std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a request is answered and the connection stays") {
  Fixture f;
  Client client(f.port);
  client.send(get("/a"));
  f.run_until([&] { return client.has("hello"); });
  CHECK(client.received().rfind("HTTP/1.1 200 OK\r\nDate: ", 0) == 0);
  client.send(get("/b"));
  f.run_until([&] { return count(client.received(), "hello") == 2; });
  CHECK(f.handler.requests == std::vector<std::string>{"GET /a ", "GET /b "});
  CHECK(f.server->connection_count() == 1);
  CHECK(f.handler.closes.empty());
}

TEST_CASE("pipelined requests are answered in order, one at a time") {
  Fixture f;
  Client client(f.port);
  client.send(get("/later") + get("/2") + get("/3"));
  f.run_until([&] { return f.handler.requests.size() == 1; });
  f.turn();
  CHECK(f.handler.requests.size() == 1);
  CHECK(f.handler.last().pending_bytes() > 0);
  f.handler.last().respond({200, "text/plain", "first", {}});
  f.run_until([&] { return count(client.received(), "hello") == 2; });
  CHECK(client.received().find("first") < client.received().find("hello"));
}

TEST_CASE("a client that half closes still gets its answer") {
  Fixture f;
  Client client(f.port);
  client.send(get("/later"));
  client.shut_down();
  f.run_until([&] { return f.handler.requests.size() == 1; });
  f.turn();
  f.handler.last().respond({200, "text/plain", "late", {}});
  f.run_until([&] { return client.ended(); });
  CHECK(client.has("late"));
  f.run_until([&] { return f.server->connection_count() == 0; });
  CHECK(f.handler.closes.empty());
}

TEST_CASE("a client that leaves while its response is owed is reported once") {
  Fixture f;
  auto client = std::make_unique<Client>(f.port);
  client->send(get("/later") + get("/unread"));
  f.run_until([&] { return f.handler.requests.size() == 1; });
  f.handler.last().abort();
  CHECK(f.handler.closes.empty());  // not from within our call
  f.run_until([&] { return !f.handler.closes.empty(); });
  f.handler.last().respond({});  // too late: nothing happens
  f.turn();
  CHECK(f.handler.closes.size() == 1);
  CHECK(f.server->connection_count() == 0);
}

TEST_CASE("a malformed request is refused by the transport and the connection ends") {
  Fixture f;
  Client client(f.port);
  client.send("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  f.run_until([&] { return client.ended(); });
  CHECK(client.has("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(client.has("Connection: close\r\n"));
  CHECK(f.handler.requests.empty());
  CHECK(f.server->stats().requests_refused == 1);
}

TEST_CASE("a body over the limit is refused") {
  TransportLimits limits;
  limits.body_bytes_max = 10;
  Fixture f(limits);
  Client client(f.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  f.run_until([&] { return client.ended(); });
  CHECK(client.has("HTTP/1.1 413 "));
}

TEST_CASE("a client that waits for 100 Continue is told to go on") {
  Fixture f;
  Client client(f.port);
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  f.run_until([&] { return client.has("HTTP/1.1 100 Continue\r\n\r\n"); });
  client.send("abc");
  f.run_until([&] { return client.has("hello"); });
  CHECK(f.handler.requests == std::vector<std::string>{"POST /p abc"});
}

TEST_CASE("a response that is larger than the socket's buffer arrives whole") {
  Fixture f;
  const std::string body(8 * 1024 * 1024, 'x');
  f.handler.request_action = [&](Connection& c, const HttpRequest&) { c.respond({200, "text/plain", body, {}}); };
  Client client(f.port);
  client.send(get("/big") + get("/big"));
  f.run_until([&] { return client.received().size() > 2 * body.size(); });
  CHECK(f.handler.requests.size() == 2);
  CHECK(f.server->stats().writes_blocked > 0);
}

TEST_CASE("slow heads, slow bodies and idle connections end in time") {
  Fixture f;
  Client silent(f.port);
  Client slow_head(f.port);
  Client slow_body(f.port);
  Client idle(f.port);
  slow_head.send("GET / HT");
  slow_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  idle.send(get("/"));
  f.run_until([&] { return idle.has("hello") && f.server->connection_count() == 4; });
  f.run_until([&] { return f.server->stats().bytes_in > 80; });
  f.pass(seconds(9));
  CHECK(f.server->stats().timeouts == 0);
  f.pass(seconds(2));
  f.run_until([&] { return silent.ended() && slow_head.ended(); });
  CHECK(silent.received().empty());
  CHECK(slow_head.has("HTTP/1.1 408 "));
  CHECK_FALSE(slow_body.ended());
  f.pass(seconds(20));
  f.run_until([&] { return slow_body.ended(); });
  CHECK(slow_body.has("HTTP/1.1 408 "));
  CHECK_FALSE(idle.ended());
  f.pass(seconds(31));
  f.run_until([&] { return idle.ended(); });
}

TEST_CASE("a response that takes its time is waited for") {
  Fixture f;
  Client client(f.port);
  client.send(get("/later"));
  f.run_until([&] { return f.handler.requests.size() == 1; });
  f.pass(seconds(3600));
  CHECK(f.server->connection_count() == 1);
}

TEST_CASE("a stream carries blobs and replies, and a comment when it is quiet") {
  Fixture f;
  Client client(f.port);
  client.send(get("/events"));
  f.run_until([&] { return client.has("data: first\n\n"); });
  CHECK(client.has("Content-Type: text/event-stream\r\n"));
  CHECK(client.has("Connection: close\r\n"));
  CHECK_FALSE(client.has("Content-Length"));
  Connection& connection = f.handler.last();
  CHECK(connection.mode() == Mode::kStream);
  CHECK(f.server->stats().streams == 1);
  CHECK(connection.write_blob(BlobPtr::copy("data: x\n\n")) == 9);
  connection.send_reply("data: y\n\n");
  f.run_until([&] { return client.has("data: x\n\ndata: y\n\n"); });
  f.pass(seconds(14));
  f.turn();
  CHECK_FALSE(client.has(":\n\n:"));
  const std::size_t before = client.received().size();
  f.pass(seconds(2));
  f.run_until([&] { return client.received().size() == before + 3; });
  client.hang_up();
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1001);
  CHECK(f.handler.closes[0].clean);
}

TEST_CASE("closing a stream sends what waits, then ends it") {
  Fixture f;
  Client client(f.port);
  client.send(get("/events"));
  f.run_until([&] { return client.has("data: first\n\n"); });
  f.handler.last().send_reply("data: last\n\n");
  f.handler.last().close(1012, "restarting");
  f.run_until([&] { return client.ended(); });
  CHECK(client.has("data: last\n\n"));
  client.hang_up();
  f.run_until([&] { return f.handler.closes.size() == 1; });
  CHECK(f.handler.closes[0].code == 1012);
}
