// A hub with real connections on loopback, a history that answers when the test says so, and a renderer whose output is
// one line an event. One thread; nothing sleeps.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/hub.h"
#include "gateway/subscriber.h"
#include "gateway/transport/server.h"
#include "tests/unit/gateway/event_values.h"
#include "tests/unit/gateway/transport/transport_fixture.h"

namespace cell0::gateway::test {

inline std::string seq_text(const std::optional<Seq>& seq) { return seq ? std::to_string(seq->value) : "-"; }

// "e12", "s3-9/4/2/slow", "r1/12/15": an event (with its data unless that is empty), a skip, a resume.
class LineRenderer : public Renderer {
 public:
  void event(std::string& out, const Event& event) const override {
    ++events_rendered;
    out += "e" + std::to_string(event.seq().value);
    if (event.data() != "{}") out += " " + event.data();
    out += '\n';
  }
  void skipped(std::string& out, const Skipped& skipped) const override {
    out += "s" + std::to_string(skipped.from.value) + "-" + std::to_string(skipped.to.value) + "/" +
           std::to_string(skipped.priority_above) + "/" + (skipped.count ? std::to_string(*skipped.count) : "?") + "/" +
           to_string(skipped.reason) + "\n";
  }
  void resumed(std::string& out, const Resumed& resumed) const override {
    out += std::string("r") + (resumed.recovered ? "1" : "0") + "/" + seq_text(resumed.first) + "/" +
           seq_text(resumed.last) + "\n";
  }

  mutable std::size_t events_rendered = 0;
};

// The broker's log as the hub sees it.
class FakeHistory : public HistorySource {
 public:
  void ask(const v1::HistoryRequest& request, OnPage done) override {
    questions.push_back({request, std::move(done)});
    if (request.newest()) ++newest_asked;
  }
  void store(v1::Delivered event) {
    if (event.durability() == v1::EPHEMERAL) return;
    EventPtr decoded = Event::create(event).value();
    log.push_back({std::move(event), std::move(decoded)});
  }
  void trim(std::uint64_t through) {
    trimmed_through = through;
    while (!log.empty() && log.front().delivered.seq() <= through) log.pop_front();
  }
  void answer() {
    const Question question = std::move(questions.front());
    questions.pop_front();
    question.done(page_for(question.request));
  }
  void fail() {
    const Question question = std::move(questions.front());
    questions.pop_front();
    question.done(Error{ErrorCode::kUnavailable, "the broker is away"});
  }

  struct Question {
    v1::HistoryRequest request;
    OnPage done;
  };
  std::deque<Question> questions;
  struct Stored {
    v1::Delivered delivered;
    EventPtr event;
  };
  std::deque<Stored> log;
  std::uint64_t trimmed_through = 0;
  std::size_t page_events_max = 1000;
  std::size_t newest_asked = 0;

 private:
  v1::HistoryPage page_for(const v1::HistoryRequest& request) const {
    const EventFilter filter = EventFilter::create(request.filter()).value();
    v1::HistoryPage page;
    page.set_head_seq(log.empty() ? 0 : log.back().delivered.seq());
    page.set_trimmed_through(trimmed_through);
    std::vector<const v1::Delivered*> found;
    for (const Stored& stored : log) {
      const std::uint64_t seq = stored.delivered.seq();
      if (seq > request.since() && seq <= request.through() && filter.admits(stored.event->facts())) {
        found.push_back(&stored.delivered);
      }
    }
    if (request.newest() && found.size() > request.limit()) found.erase(found.begin(), found.end() - request.limit());
    page.set_end(found.size() <= page_events_max);
    page.set_scanned_through(request.through());
    if (!page.end()) {
      found.resize(page_events_max);
      page.set_scanned_through(found.back()->seq());
    }
    for (const v1::Delivered* event : found) *page.add_events() = *event;
    return page;
  }
};

// A client's both ends.
struct HubClient {
  HubClient(std::uint16_t port, int receive_buffer) : socket(port, receive_buffer) {}

  // What has come so far, without the events' data: "r1/2/3 e2 e3".
  std::string text() {
    std::string text;
    std::string_view rest = body = socket.body();
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      if (line.size() == rest.size()) break;  // not yet whole
      text.append(text.empty() ? "" : " ").append(line.substr(0, line.find(' ')));
      rest.remove_prefix(line.size() + 1);
    }
    return text;
  }

  Client socket;
  std::unique_ptr<Subscriber> user;  // null once the connection has ended
  std::string body;
};

struct HubFixture : Handler {
  static CoreLimits small() {
    CoreLimits limits;
    limits.ring_events_max = 64;
    limits.ring_bytes_max = 4u << 20;
    limits.lag_bytes_max = 2u << 20;
    limits.cursor_chunk_bytes = 1024;
    limits.sets_max = 8;
    limits.pages_max = 4;
    return limits;
  }

  explicit HubFixture(const CoreLimits& limits = small())
      : hub(limits, history, [this](Hub::Wake what) { (what == Hub::Wake::kFlush ? flush_asked : run_asked) += 1; }) {
    TransportLimits transport;
    transport.send_buffer_bytes = 4096;
    auto created = Server::create(io, transport, *this, clock);
    REQUIRE(created.ok());
    server = std::move(*created);
    REQUIRE(server->listen({"http", {"127.0.0.1"}, 0}).ok());
  }
  ~HubFixture() override {
    server.reset();
    for (const auto& client : clients) {
      if (client->user) hub.remove(*client->user);
    }
  }

  // The stream begins after `base`.
  void start(std::uint64_t base = 0, const std::vector<std::uint64_t>& earlier = {}) {
    std::vector<EventPtr> events;
    for (const std::uint64_t seq : earlier) {
      history.store(delivered(seq));
      events.push_back(event(seq));
    }
    hub.start(Seq{base}, earlier.empty() ? Seq{base} : Seq{earlier.back()}, events);
  }
  void publish(std::uint64_t seq, const EventSpec& spec = {}) {
    history.store(delivered(seq, spec));
    hub.publish(event(seq, spec));
  }
  void publish_flushed(std::uint64_t seq, const EventSpec& spec = {}) {
    publish(seq, spec);
    flush();
  }
  void flush() {
    flush_asked = 0;
    hub.flush();
  }

  // What the gateway's loop does in a turn, but history answers only when told.
  void turn() {
    io.restart();
    io.poll();
    if (flush_asked > 0) flush();
    if (run_asked > 0) {
      run_asked = 0;
      hub.run();
    }
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      turn();
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
    }
  }
  void expect(HubClient& client, const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (client.text() != text && std::chrono::steady_clock::now() < deadline) {
      turn();
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
    }
    CHECK(client.text() == text);
  }

  // A client whose stream is open; not subscribed.
  HubClient& connect(int receive_buffer = 0) {
    clients.push_back(std::make_unique<HubClient>(server->bound_port("http"), receive_buffer));
    HubClient& client = *clients.back();
    client.socket.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    run_until([&] { return client.user && client.socket.has("\r\n\r\n"); });
    return client;
  }
  HubClient& subscribed(const EventFilter& filter = {}, int receive_buffer = 0) {
    HubClient& client = connect(receive_buffer);
    REQUIRE(hub.subscribe(*client.user, renderer, filter).ok());
    return client;
  }
  void resume(HubClient& client, std::uint64_t since, const EventFilter& filter = {}) {
    REQUIRE(hub.resume(*client.user, renderer, filter, Seq{since},
                       [this, &client](const Resumed& resumed) {
                         std::string line;
                         renderer.resumed(line, resumed);
                         client.user->connection().send_reply(line);
                       })
                .ok());
  }
  HubClient& resumed(std::uint64_t since, const EventFilter& filter = {}) {
    HubClient& client = connect();
    resume(client, since, filter);
    return client;
  }
  // A client that reads nothing and whose socket is full: a cursor. `seq` is the first that was published for it.
  HubClient& stalled(std::uint64_t& seq, const EventSpec& spec, const EventFilter& filter = {}) {
    HubClient& client = subscribed(filter, 4096);
    while (client.user->live()) publish_flushed(seq++, spec);
    return client;
  }

  void on_request(Connection& connection, const HttpRequest&) override {
    HubClient& client = *clients.back();
    connection.start_stream("text/plain", "");
    client.user = std::make_unique<Subscriber>(connection);
    connection.set_user(client.user.get());
    if (in_request) in_request(client);
  }
  void on_text(Connection&, std::string_view) override {}
  void on_binary(Connection&, std::string_view) override {}
  void on_pong(Connection&) override {}
  void on_writable(Connection& connection) override {
    if (auto* user = static_cast<Subscriber*>(connection.user())) hub.on_writable(*user);
  }
  void on_close(Connection& connection, const CloseInfo&) override {
    for (const auto& client : clients) {
      if (client->user == nullptr || client->user.get() != connection.user()) continue;
      hub.remove(*client->user);
      client->user.reset();
      connection.set_user(nullptr);
    }
  }

  ManualClock clock;
  asio::io_context io{1};
  FakeHistory history;
  LineRenderer renderer;
  int flush_asked = 0;
  int run_asked = 0;
  std::function<void(HubClient&)> in_request;
  std::vector<std::unique_ptr<HubClient>> clients;
  Hub hub;
  std::unique_ptr<Server> server;
};

}  // namespace cell0::gateway::test
