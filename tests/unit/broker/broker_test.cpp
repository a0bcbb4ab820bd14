// The whole broker over real sockets, in this process.
#include "broker/broker.h"

#include <doctest/doctest.h>

#include <map>

#include "broker/admin.h"
#include "broker/metrics.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

using link::SocketType;

// A broker on free ports, and peers on the same loop.
class Fixture {
 public:
  explicit Fixture(Limits given = {}, std::vector<Rule> rules = {}) {
    given.heartbeat_interval = std::chrono::milliseconds(20);
    settings_ = {
        "tcp://127.0.0.1:0", "tcp://127.0.0.1:0", "tcp://127.0.0.1:0", dir_.path(), given, std::move(rules), "machine"};
    start();
  }

  ~Fixture() { stop(); }

  void start() {
    auto made = Broker::create(io, context, settings_, clock, random, log);
    REQUIRE(made);
    broker = std::move(*made);
    broker->start();
    fanout = connect(SocketType::kSub, broker->fanout_endpoint());
    fanout->start([this](link::FrameViews frames) { on_batch(frames); });
    control = connect(SocketType::kDealer, broker->control_endpoint());
    control->start([this](link::FrameViews frames) { on_response(frames); });
    run_until([this] { return !batches.empty(); });
  }
  void stop() {
    fanout.reset();
    control.reset();
    broker.reset();
    batches.clear();
  }

  std::unique_ptr<link::Socket> connect(SocketType type, const std::string& endpoint) {
    auto socket = link::Socket::create(io, context, type, {});
    REQUIRE(socket);
    REQUIRE((*socket)->connect(endpoint));
    return std::move(*socket);
  }

  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
  }

  void send(v1::Request request) {
    request.set_id(++last_id);
    REQUIRE(control->send(request.SerializeAsString()));
  }
  v1::Response ask(const v1::Request& request) {
    send(request);
    return answer_to(last_id);
  }
  v1::Response answer_to(std::uint64_t id) {
    run_until([&] { return responses.count(id) != 0; });
    return responses[id];
  }

  static v1::Request publish(std::uint64_t first_n, const std::vector<v1::Envelope>& events,
                             std::uint64_t answered_through = 0) {
    v1::Request request;
    v1::PublishRequest& body = *request.mutable_publish();
    body.set_emitter_id("test");
    body.set_incarnation(1);
    body.set_first_n(first_n);
    body.set_answered_through(answered_through);
    for (const v1::Envelope& event : events) body.add_envelopes(event.SerializeAsString());
    return request;
  }

  std::size_t events_received() const { return received.size(); }

  asio::io_context io;
  link::Context context;
  SystemClock clock;
  SystemRandom random;
  std::vector<std::string> lines;
  Log log{{"test"}, [this](std::string_view line) { lines.emplace_back(line); }};
  std::unique_ptr<Broker> broker;
  std::unique_ptr<link::Socket> fanout;
  std::unique_ptr<link::Socket> control;
  std::vector<v1::Batch> batches;
  std::vector<v1::Delivered> received;
  std::map<std::uint64_t, v1::Response> responses;
  std::uint64_t last_id = 0;

  Settings& settings() { return settings_; }

 private:
  void on_batch(link::FrameViews frames) {
    REQUIRE(frames.size() == 2);
    CHECK(frames[0] == "s0");
    v1::Batch batch;
    REQUIRE(batch.ParseFromArray(frames[1].data(), static_cast<int>(frames[1].size())));
    if (!batches.empty()) CHECK(batch.prev_seq() == batches.back().last_seq());
    for (const v1::Delivered& event : batch.events()) received.push_back(event);
    batches.push_back(std::move(batch));
  }
  void on_response(link::FrameViews frames) {
    REQUIRE(frames.size() == 1);
    v1::Response response;
    REQUIRE(response.ParseFromArray(frames[0].data(), static_cast<int>(frames[0].size())));
    responses[response.id()] = response;
  }

  TempDir dir_;
  Settings settings_;
};

TEST_CASE("an event is published, then acknowledged with its seq, and its envelope is unchanged") {
  Fixture f;
  const v1::Envelope event = chat_event();
  const v1::PublishAnswer answer = f.ask(Fixture::publish(1, {event, log_event("ERROR")})).publish();
  REQUIRE(answer.outcomes_size() == 2);
  CHECK(answer.first_n() == 1);
  CHECK(answer.expected_n() == 3);
  CHECK(answer.outcomes(0).status() == v1::PublishOutcome::ACCEPTED);
  f.run_until([&] { return f.events_received() == 2; });
  CHECK(f.received[0].seq() == answer.outcomes(0).seq());
  CHECK(f.received[1].seq() == answer.outcomes(1).seq());
  CHECK(f.received[0].envelope() == event.SerializeAsString());
  CHECK(f.received[0].topic() == "events.chat_message");
  CHECK(f.received[0].durability() == v1::DURABLE);
  CHECK(f.received[1].type() == "log_stream");
  CHECK(f.received[1].priority() == 3);
  CHECK(f.received[1].durability() == v1::RELAXED);
}

TEST_CASE("hello tells who the broker is and where it stands") {
  Fixture f;
  v1::Request request;
  request.mutable_hello()->set_name("test");
  const v1::HelloAnswer hello = f.ask(request).hello();
  CHECK(hello.boot_id() == f.batches[0].boot_id());
  CHECK(hello.start_seq() == f.batches[0].prev_seq() + 1);
  CHECK(hello.head_seq() == f.batches[0].prev_seq());
  CHECK(hello.event_bytes_max() == 1u << 20);
  CHECK(hello.publish_events_max() == 1024);
}

TEST_CASE("what came before is a duplicate with its seq, what does not come next is unexpected") {
  Fixture f;
  const auto first = f.ask(Fixture::publish(1, {chat_event("a"), chat_event("b")})).publish();
  const auto again = f.ask(Fixture::publish(1, {chat_event("a"), chat_event("b"), chat_event("c")})).publish();
  CHECK(again.outcomes(0).status() == v1::PublishOutcome::DUPLICATE);
  CHECK(again.outcomes(1).seq() == first.outcomes(1).seq());
  CHECK(again.outcomes(2).status() == v1::PublishOutcome::ACCEPTED);
  const auto ahead = f.ask(Fixture::publish(9, {chat_event()})).publish();
  CHECK(ahead.outcomes(0).status() == v1::PublishOutcome::UNEXPECTED);
  CHECK(ahead.expected_n() == 4);
  const auto raised = f.ask(Fixture::publish(9, {chat_event()}, 8)).publish();
  CHECK(raised.outcomes(0).status() == v1::PublishOutcome::ACCEPTED);
  f.run_until([&] { return f.events_received() == 4; });
  CHECK(f.broker->figures().stats.accepted() == 4);
  CHECK(f.broker->figures().stats.duplicates() == 2);
}

TEST_CASE("a duplicate within one turn waits for the seq of the first") {
  Fixture f;
  f.send(Fixture::publish(1, {chat_event("a")}));
  f.send(Fixture::publish(1, {chat_event("a")}));
  const auto second = f.answer_to(2).publish().outcomes(0);
  CHECK(second.status() == v1::PublishOutcome::DUPLICATE);
  CHECK(second.seq() == f.answer_to(1).publish().outcomes(0).seq());
}

void set_key(v1::Request& request, std::uint32_t index, const std::string& key, std::uint64_t digest = 7) {
  v1::EventKey& added = *request.mutable_publish()->add_keys();
  added.set_index(index);
  added.set_entity("admin");
  added.set_key(key);
  added.set_digest(digest);
}

TEST_CASE("an idempotency key is taken once, whoever sends it: the others are duplicates with its seq") {
  Fixture f;
  v1::Request request = Fixture::publish(1, {chat_event("a"), chat_event("b"), chat_event("c")});
  set_key(request, 1, "k");
  const auto first = f.ask(request).publish();
  REQUIRE(first.outcomes(1).status() == v1::PublishOutcome::ACCEPTED);

  v1::Request other = Fixture::publish(1, {chat_event("b"), chat_event("d")});
  other.mutable_publish()->set_emitter_id("another");
  set_key(other, 0, "k");
  const auto second = f.ask(other).publish();
  CHECK(second.outcomes(0).status() == v1::PublishOutcome::DUPLICATE);
  CHECK(second.outcomes(0).seq() == first.outcomes(1).seq());
  CHECK(second.outcomes(1).status() == v1::PublishOutcome::ACCEPTED);
  CHECK(second.expected_n() == 3);
  CHECK(f.broker->figures().stats.accepted() == 4);
}

TEST_CASE("a key whose event is not yet committed waits for its seq") {
  Fixture f;
  for (const char* emitter : {"one", "two"}) {
    v1::Request request = Fixture::publish(1, {chat_event("a")});
    request.mutable_publish()->set_emitter_id(emitter);
    set_key(request, 0, "k");
    f.send(request);
  }
  const auto second = f.answer_to(2).publish().outcomes(0);
  CHECK(second.status() == v1::PublishOutcome::DUPLICATE);
  CHECK(second.seq() == f.answer_to(1).publish().outcomes(0).seq());
}

TEST_CASE("a key that was used for something else is refused with what it became, each time") {
  Fixture f;
  v1::Request request = Fixture::publish(1, {chat_event("a")});
  set_key(request, 0, "k", 7);
  const std::uint64_t seq = f.ask(request).publish().outcomes(0).seq();
  v1::Request other = Fixture::publish(2, {chat_event("b"), chat_event("c")});
  set_key(other, 0, "k", 8);
  for (const auto status : {v1::PublishOutcome::ACCEPTED, v1::PublishOutcome::DUPLICATE}) {
    const auto answer = f.ask(other).publish();
    CHECK(answer.outcomes(0).status() == v1::PublishOutcome::KEY_REUSED);
    CHECK(answer.outcomes(0).seq() == seq);
    CHECK(answer.outcomes(0).error().find("\"k\"") != std::string::npos);
    CHECK(answer.outcomes(1).status() == status);
  }
}

TEST_CASE("keys that are not right are refused with the request") {
  Fixture f;
  const auto failure = [&](std::uint32_t index, const std::string& key, int times) {
    v1::Request request = Fixture::publish(1, {chat_event("a")});
    for (int i = 0; i < times; ++i) set_key(request, index, key);
    return f.ask(request).failure().text();
  };
  CHECK(failure(1, "k", 1).find("publish.keys") == 0);
  CHECK(failure(0, "", 1).find("publish.keys") == 0);
  CHECK(failure(0, std::string(264, 'k'), 1).find("publish.keys") == 0);
  CHECK(failure(0, "k", 2).find("publish.keys") == 0);
}

TEST_CASE("a wrong event is rejected with its field, the others of the request are taken") {
  Fixture f;
  v1::Envelope wrong = chat_event();
  wrong.mutable_chat_message()->clear_sender();
  v1::Request request = Fixture::publish(1, {chat_event("a"), wrong, chat_event("c")});
  request.mutable_publish()->add_envelopes("\xFF\xFF");
  const auto answer = f.ask(request).publish();
  CHECK(answer.outcomes(0).status() == v1::PublishOutcome::ACCEPTED);
  CHECK(answer.outcomes(1).status() == v1::PublishOutcome::REJECTED);
  CHECK(answer.outcomes(1).error() == "chat_message.sender: missing");
  CHECK(answer.outcomes(2).status() == v1::PublishOutcome::ACCEPTED);
  CHECK(answer.outcomes(3).status() == v1::PublishOutcome::REJECTED);
  CHECK(answer.expected_n() == 5);
  CHECK(f.broker->figures().stats.rejected() == 2);
  CHECK(f.lines.size() == 1);  // throttled
  CHECK(f.ask(Fixture::publish(2, {wrong})).publish().outcomes(0).status() == v1::PublishOutcome::REJECTED);
}

TEST_CASE("an event over the limit is rejected, the request goes on") {
  Limits limits;
  limits.event.event_bytes_max = 2000;
  Fixture f(limits);
  const auto answer = f.ask(Fixture::publish(1, {chat_event(std::string(3000, 'x')), chat_event()})).publish();
  CHECK(answer.outcomes(0).error().find("at most 2000") != std::string::npos);
  CHECK(answer.outcomes(1).status() == v1::PublishOutcome::ACCEPTED);
}

TEST_CASE("a plain publisher's events are taken, what is wrong is counted, and its gaps too") {
  Fixture f;
  auto pub = f.connect(SocketType::kPub, f.broker->ingest_endpoint());
  std::uint64_t n = 0;
  const auto send = [&](std::uint64_t number) {
    v1::Envelope event = chat_event();
    event.mutable_origin()->set_emitter_id("pub");
    event.mutable_origin()->set_n(number);
    REQUIRE(pub->send(event.SerializeAsString()));
  };
  f.run_until([&] {  // a PUB drops until the broker's subscription has come
    if (f.events_received() == 0) send(++n);
    return f.events_received() > 0;
  });
  const std::uint64_t lost_before = f.broker->figures().stats.lost_on_pub();
  REQUIRE(pub->send("garbage"));
  const std::array<std::string_view, 2> with_topic{"a topic", "more garbage"};
  REQUIRE(pub->send(with_topic));
  v1::Envelope lacking = chat_event();
  lacking.mutable_chat_message()->clear_sender();
  REQUIRE(pub->send(lacking.SerializeAsString()));
  send(n + 4);
  f.run_until([&] { return f.broker->figures().stats.lost_on_pub() >= lost_before + 3; });
  CHECK(f.broker->figures().stats.rejected() == 3);
  CHECK(f.broker->counters().accepted_ingest >= 2);
}

TEST_CASE("all events of a turn leave together, in as few batches as the limits allow") {
  Limits limits;
  limits.batch_events_max = 10;
  Fixture f(limits);
  const std::size_t before = f.broker->counters().batches;
  f.ask(Fixture::publish(1, std::vector<v1::Envelope>(25, chat_event())));
  f.run_until([&] { return f.events_received() == 25; });
  CHECK(f.broker->counters().batches == before + 3);
}

TEST_CASE("history gives what was published, in pages; ephemeral events are not in it") {
  Fixture f;
  v1::Envelope heartbeat = chat_event();
  heartbeat.mutable_heartbeat()->set_client_id("server");
  heartbeat.mutable_heartbeat()->set_sequence(1);
  std::vector<v1::Envelope> events(100, chat_event());
  events.push_back(heartbeat);
  f.ask(Fixture::publish(1, events));
  v1::Request request;
  request.mutable_history()->set_bytes_max(3000);
  std::size_t got = 0;
  int pages = 0;
  v1::HistoryPage page;
  do {
    page = f.ask(request).history();
    got += static_cast<std::size_t>(page.events_size());
    request.mutable_history()->set_since(page.scanned_through());
    REQUIRE(++pages < 100);
  } while (!page.end());
  CHECK(pages > 2);
  CHECK(got == 100);
  CHECK(page.scanned_through() == page.head_seq());
  f.run_until([&] { return f.events_received() == 101; });
  CHECK(f.broker->figures().stats.events_stored() == 100);
}

TEST_CASE("too many open history requests of a peer are refused, the others are answered") {
  Limits limits;
  limits.histories_per_peer_max = 2;
  Fixture f(limits);
  v1::Request request;
  request.mutable_history();
  for (int i = 0; i < 20; ++i) f.send(request);
  int refused = 0;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    const v1::Response response = f.answer_to(id);
    if (response.has_failure()) CHECK(response.failure().code() == v1::Failure::UNAVAILABLE);
    refused += response.has_failure() ? 1 : 0;
  }
  CHECK(refused > 0);
  CHECK(refused <= 18);
  CHECK(f.ask(request).has_history());
}

TEST_CASE("requests that cannot be served are answered with what is wrong") {
  Limits limits;
  limits.publish_events_max = 3;
  limits.request_bytes_max = 1000;
  Fixture f(limits);
  const auto failure = [&](const v1::Request& request) { return f.ask(request).failure(); };
  CHECK(failure({}).code() == v1::Failure::UNSUPPORTED);
  CHECK(failure(Fixture::publish(1, std::vector<v1::Envelope>(4, chat_event()))).code() == v1::Failure::TOO_LARGE);
  CHECK(failure(Fixture::publish(0, {chat_event()})).text().find("first_n") != std::string::npos);
  v1::Request request = Fixture::publish(1, {chat_event()});
  request.mutable_publish()->set_emitter_id("no name!");
  CHECK(failure(request).text().find("emitter_id") != std::string::npos);
  request = {};
  request.mutable_history()->mutable_filter()->add_topics("a.>.b");
  CHECK(failure(request).text().find("history.filter.topics") != std::string::npos);
  request = {};
  request.mutable_hello()->set_name(std::string(2000, 'x'));
  CHECK(failure(request).code() == v1::Failure::TOO_LARGE);
  request = {};
  request.mutable_report()->mutable_gateway()->set_name("g");
  CHECK(failure(request).text().find("incarnation") != std::string::npos);

  REQUIRE(f.control->send("\x08\x63\x12\x7F"));  // id 99, then a body that does not fit
  CHECK(f.answer_to(99).failure().code() == v1::Failure::INVALID);
  REQUIRE(f.control->send("garbage"));
  const std::array<std::string_view, 3> three{"a", "b", "c"};
  REQUIRE(f.control->send(three));
  f.run_until([&] { return f.broker->counters().requests_malformed == 3; });
  CHECK(f.ask(Fixture::publish(1, {chat_event()})).has_publish());
}

TEST_CASE("gateways report, and are in the statistics; topics too") {
  Fixture f;
  v1::Request report;
  report.mutable_report()->mutable_gateway()->set_name("g1");
  report.mutable_report()->mutable_gateway()->set_incarnation("0123456789abcdef");
  report.mutable_report()->mutable_gateway()->set_connections(12);
  CHECK(f.ask(report).has_report());
  f.ask(Fixture::publish(1, {chat_event()}));
  v1::Request request;
  request.mutable_stats();
  const v1::StatsAnswer stats = f.ask(request).stats();
  CHECK(stats.accepted() == 1);
  CHECK(stats.events_stored() == 1);
  REQUIRE(stats.gateways_size() == 1);
  CHECK(stats.gateways(0).connections() == 12);
  request.mutable_topics();
  const v1::TopicsAnswer topics = f.ask(request).topics();
  REQUIRE(topics.topics_size() == 1);
  CHECK(topics.topics(0).name() == "events.chat_message");
  CHECK(topics.topics(0).last_seq() == stats.head_seq());
}

TEST_CASE("a silent broker sends heartbeats, each with its head") {
  Fixture f;
  const std::size_t before = f.batches.size();
  f.run_until([&] { return f.batches.size() >= before + 3; });
  CHECK(f.batches.back().events_size() == 0);
  CHECK(f.batches.back().prev_seq() == f.batches.back().last_seq());
}

TEST_CASE("after a restart seqs go on above all that were used, what was before is there, and emitters are known") {
  Fixture f;
  const std::uint64_t used = f.ask(Fixture::publish(1, {chat_event()})).publish().outcomes(0).seq();
  const std::string boot_id = f.batches[0].boot_id();
  f.stop();
  f.start();
  CHECK(f.batches[0].prev_seq() >= used + f.settings().limits.seq_block - 1);
  CHECK(f.batches[0].boot_id() != boot_id);
  v1::Request request;
  request.mutable_history()->set_since(used - 1);
  const v1::HistoryPage page = f.ask(request).history();
  REQUIRE(page.events_size() == 1);
  CHECK(page.events(0).seq() == used);
  CHECK(page.trimmed_through() == 0);
  const auto again = f.ask(Fixture::publish(1, {chat_event(), chat_event()})).publish();
  CHECK(again.outcomes(0).status() == v1::PublishOutcome::DUPLICATE);
  CHECK(again.outcomes(1).status() == v1::PublishOutcome::ACCEPTED);
}

TEST_CASE("a revoked token is published, answered, and in the snapshot, also after a restart") {
  Fixture f;
  const auto ask_for = [&](const std::string& id, Duration lifetime) {
    v1::Request request;
    v1::Revocation& revocation = *request.mutable_revoke()->mutable_revocation();
    revocation.set_token_id(id);
    revocation.set_expires_us(
        to_unix_us(f.clock.wall() + std::chrono::duration_cast<std::chrono::microseconds>(lifetime)));
    return f.ask(request);
  };
  const auto snapshot = [&] {
    v1::Request request;
    request.mutable_revocations();
    const v1::Response answer = f.ask(request);
    std::string ids;
    for (const auto& one : answer.revocations().revocations()) ids += one.token_id() + " ";
    return ids;
  };
  const v1::Response first = ask_for("t2", std::chrono::hours(1));
  REQUIRE(first.has_revoke());
  CHECK_FALSE(first.revoke().known());
  f.run_until([&] { return f.events_received() == 1; });
  CHECK(f.received[0].topic() == "control.revoked");
  v1::Envelope event;
  REQUIRE(event.ParseFromString(f.received[0].envelope()));
  CHECK(event.token_revoked().token_id() == "t2");
  CHECK(ask_for("t2", std::chrono::hours(1)).revoke().known());
  CHECK_FALSE(ask_for("t1", std::chrono::hours(1)).revoke().known());
  CHECK(ask_for("", std::chrono::hours(1)).failure().code() == v1::Failure::INVALID);
  CHECK(ask_for(std::string(129, 'x'), std::chrono::hours(1)).failure().code() == v1::Failure::INVALID);
  CHECK(ask_for("old", -std::chrono::hours(1)).failure().code() == v1::Failure::INVALID);
  CHECK(snapshot() == "t1 t2 ");
  f.stop();
  f.start();
  CHECK(snapshot() == "t1 t2 ");
}

TEST_CASE("nobody but the broker publishes on control.* and presence.*") {
  Fixture f;
  v1::Envelope forged = chat_event();
  forged.set_topic("control.revoked");
  v1::Envelope small = forged;
  small.clear_chat_message();
  small.mutable_token_revoked()->set_token_id("t1");
  small.mutable_token_revoked()->set_expires_us(1);
  v1::Envelope presence = chat_event();
  presence.set_topic("presence.agent.a1");
  const v1::Response answer = f.ask(f.publish(1, {forged, small, presence, chat_event()}));
  REQUIRE(answer.publish().outcomes_size() == 4);
  for (int i = 0; i < 3; ++i) {
    CHECK(answer.publish().outcomes(i).status() == v1::PublishOutcome::REJECTED);
    CHECK(answer.publish().outcomes(i).error().find("only the broker") != std::string::npos);
  }
  CHECK(answer.publish().outcomes(3).status() == v1::PublishOutcome::ACCEPTED);
}

TEST_CASE("after a restart an event that was rejected before is not called a duplicate") {
  Fixture f;
  v1::Envelope wrong = chat_event();
  wrong.mutable_chat_message()->clear_sender();
  CHECK(f.ask(Fixture::publish(1, {wrong, chat_event()})).publish().expected_n() == 3);
  f.stop();
  f.start();
  const auto again = f.ask(Fixture::publish(1, {wrong, chat_event()})).publish();
  CHECK(again.outcomes(0).status() == v1::PublishOutcome::REJECTED);
  CHECK(again.outcomes(0).error() == "chat_message.sender: missing");
  CHECK(again.outcomes(1).status() == v1::PublishOutcome::DUPLICATE);
}

TEST_CASE("a port or a state directory that is taken is said with its setting") {
  Fixture f;
  Settings settings = f.settings();
  settings.ingest = f.broker->ingest_endpoint();
  const auto taken = Broker::create(f.io, f.context, settings, f.clock, f.random, f.log);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::kConflict);
  CHECK(taken.error().text ==
        "broker.ingest: " + f.broker->ingest_endpoint() + ": the address is in use by another process");
  const auto same_state = Broker::create(f.io, f.context, f.settings(), f.clock, f.random, f.log);
  REQUIRE_FALSE(same_state);
  CHECK(same_state.error().code == ErrorCode::kConflict);
  CHECK(same_state.error().text.find("state.dir") != std::string::npos);
}

TEST_CASE("when too many events wait, the acknowledged path says unavailable and takes them later") {
  Limits limits;
  limits.gathered_events_max = 3;
  Fixture f(limits);
  const auto answer = f.ask(Fixture::publish(1, std::vector<v1::Envelope>(5, chat_event()))).publish();
  CHECK(answer.outcomes(2).status() == v1::PublishOutcome::ACCEPTED);
  CHECK(answer.outcomes(3).status() == v1::PublishOutcome::UNAVAILABLE);
  CHECK(answer.outcomes(4).status() == v1::PublishOutcome::UNEXPECTED);
  CHECK(answer.expected_n() == 4);
  CHECK(f.ask(Fixture::publish(4, {chat_event(), chat_event()})).publish().expected_n() == 6);
}

TEST_CASE("a stopping broker answers what it has and refuses what is new") {
  Fixture f;
  f.send(Fixture::publish(1, {chat_event()}));
  f.answer_to(1);
  bool stopped = false;
  f.broker->stop([&] { stopped = true; });
  f.run_until([&] { return stopped; });
  CHECK(f.broker->not_ready() == "stopping");
  CHECK(f.ask(Fixture::publish(2, {chat_event()})).failure().code() == v1::Failure::UNAVAILABLE);
}

TEST_CASE("the admin pages say how it is") {
  Fixture f;
  f.ask(Fixture::publish(1, {chat_event()}));
  Metrics metrics;
  add_broker_metrics(metrics, *f.broker);
  const AdminHandler pages = admin_routes(*f.broker, metrics);
  CHECK(pages("/healthz", "").status == 200);
  CHECK(pages("/readyz", "").status == 200);
  CHECK(pages("/stats", "").body.find("\"accepted\":1") != std::string::npos);
  const std::string text = pages("/metrics", "").body;
  CHECK(text.find("cell0_broker_events_accepted_total{path=\"publish\"} 1") != std::string::npos);
  CHECK(text.find("cell0_broker_limit{name=\"batch_events\"} 512") != std::string::npos);
  CHECK(pages("/nothing", "").status == 404);
  f.broker->stop([] {});
  CHECK(pages("/readyz", "").status == 503);
}

}  // namespace
}  // namespace cell0::broker
