// Presence of one gateway in front of a broker that answers when the test says so.
#include "gateway/presence/presence.h"

#include <doctest/doctest.h>

#include <deque>

#include "common/event_json.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace std::chrono_literals;

namespace {

struct Bench : PresenceSource {
  void ask_presence(v1::Request request, OnAnswer done) override {
    asked.emplace_back(std::move(request), std::move(done));
  }
  bool presence_connected() const override { return connected; }
  void run_presence_soon() override { run_asked = true; }

  // The end of a turn.
  void turn() {
    if (std::exchange(run_asked, false)) presence.run();
  }
  void link(bool up) {
    connected = up;
    presence.on_link(up);
    turn();
  }
  // Answers all that is asked, as a broker that knows `others`.
  void answer() {
    turn();
    while (!asked.empty()) {
      auto [request, done] = std::move(asked.front());
      asked.pop_front();
      v1::Response response;
      if (request.has_presence()) {
        response.mutable_presence()->set_status(v1::PresenceAnswer::TAKEN);
        response.mutable_presence()->set_warming(warming);
      } else if (request.has_presence_snapshot()) {
        for (const auto& entity : others) *response.mutable_presence_snapshot()->add_entities() = entity;
        response.mutable_presence_snapshot()->set_warming(warming);
        response.mutable_presence_snapshot()->set_head_seq(head);
      } else {
        for (const auto& topic : request.subscriber_counts().topics()) {
          auto& count = *response.mutable_subscriber_counts()->add_topics();
          count.set_topic(topic);
          count.set_subscribers(42);
        }
      }
      done(std::move(response));
      turn();
    }
  }
  void fail() {
    turn();
    while (!asked.empty()) {
      const auto done = std::move(asked.front().second);
      asked.pop_front();
      done(Error{ErrorCode::kTimeout, "no answer"});
      turn();
    }
  }
  static v1::PresenceEntity entity(const std::string& id, const std::string& type = "agent") {
    v1::PresenceEntity entity;
    entity.set_entity_id(id);
    entity.set_entity_type(type);
    entity.set_status("online");
    entity.set_connections(1);
    entity.set_updated_us(1);
    return entity;
  }
  // As it comes with the stream.
  void change(std::uint64_t seq, const v1::PresenceEntity& entity) {
    std::string data;
    JsonWriter out(data);
    write_event_data(out, presence_changed(entity));
    presence.on_changed(seq, data);
  }
  std::string ids(const PresenceQuery& query) const {
    const PresencePage page = presence.page(query);
    std::string text;
    for (const auto& entry : page.entries) text += entry.entity_id();
    return text + (page.more ? "+" : "");
  }
  void connect(ConnectionId connection, const std::string& id) {
    EntityInfo info;
    info.entity_id = id;
    CHECK(presence.connected(connection, info).ok());
  }

  ManualClock clock;
  CoreLimits limits;
  bool connected = false;
  bool run_asked = false;
  bool warming = false;
  std::uint64_t head = 10;
  std::vector<v1::PresenceEntity> others;
  std::deque<std::pair<v1::Request, OnAnswer>> asked;
  Presence presence{*this, clock, limits, "0123456789abcdef"};
};

TEST_CASE("without a broker those who are here are there") {
  Bench bench;
  bench.connect(1, "a");
  bench.turn();
  CHECK(bench.asked.empty());
  CHECK(bench.presence.online("a"));
  CHECK(bench.presence.find("a")->status() == "online");
  CHECK_FALSE(bench.presence.find("b"));
  CHECK_FALSE(bench.presence.loaded());
  bool called = false;
  bench.presence.announced([&] { called = true; });
  CHECK(called);
  std::uint64_t count = 0;
  bench.presence.subscribed("t");
  bench.presence.recipients("t", [&](std::uint64_t n) { count = n; });
  CHECK(count == 1);
}

TEST_CASE("once the broker is there it is told, asked for a snapshot, and followed") {
  Bench bench;
  bench.connect(2, "b");
  bench.others = {Bench::entity("a"), Bench::entity("c", "user")};
  bench.link(true);
  REQUIRE(bench.asked.size() == 2);
  CHECK(bench.asked[0].first.presence().all());
  CHECK(bench.asked[0].first.presence().entities(0).entity_id() == "b");
  bench.answer();
  CHECK(bench.presence.loaded());
  CHECK(bench.ids({}) == "abc");
  v1::PresenceEntity gone = Bench::entity("a");
  gone.set_connections(0);
  gone.set_status("offline");
  bench.change(11, gone);
  CHECK_FALSE(bench.presence.online("a"));
  CHECK(bench.presence.find("a")->status() == "offline");
  PresenceQuery query;
  query.connected_only = true;
  CHECK(bench.ids(query) == "bc");
  query.entity_type = "user";
  CHECK(bench.ids(query) == "c");
  query = {};
  query.limit = 2;
  CHECK(bench.ids(query) == "ab+");
  query.after = "b";
  CHECK(bench.ids(query) == "c");
}

TEST_CASE("what is said here shows at once, before the broker has published it") {
  Bench bench;
  bench.others = {Bench::entity("a")};
  bench.link(true);
  bench.answer();
  bench.connect(1, "a");
  PresenceUpdate update;
  update.status = "busy";
  CHECK(bench.presence.update("a", update).ok());
  CHECK(bench.presence.find("a")->status() == "busy");
  CHECK(bench.presence.page({}).entries.at(0).status() == "busy");
}

TEST_CASE("a broker that does not answer is asked again on the next tick, not at once") {
  Bench bench;
  bench.link(true);
  bench.fail();
  CHECK(bench.asked.empty());
  bench.connect(1, "a");
  bench.turn();
  CHECK(bench.asked.empty());
  bench.presence.on_tick();
  CHECK(bench.asked.size() == 2);
  bench.answer();
  CHECK(bench.presence.loaded());
}

TEST_CASE("missed events and a broker that is no longer warming make it load a snapshot again") {
  Bench bench;
  bench.others = {Bench::entity("a"), Bench::entity("b")};
  bench.link(true);
  bench.answer();
  bench.others.pop_back();
  bench.presence.on_gap();
  bench.answer();
  CHECK(bench.ids({}) == "a");

  bench.link(false);
  bench.warming = true;
  bench.others.clear();
  bench.link(true);
  bench.answer();
  CHECK(bench.presence.warming());
  CHECK(bench.ids({}) == "a");
  bench.warming = false;
  bench.clock.advance(2s);
  bench.presence.on_tick();
  bench.answer();
  CHECK_FALSE(bench.presence.warming());
  CHECK(bench.ids({}).empty());
}

TEST_CASE("what an entity has said elsewhere while events were missed holds here, too") {
  Bench bench;
  bench.link(true);
  bench.answer();
  bench.connect(1, "a");
  bench.answer();
  v1::PresenceEntity later = *bench.presence.find("a");
  later.set_status("busy");
  later.set_updated_us(later.updated_us() + 1);
  bench.others = {later};
  bench.presence.on_gap();
  bench.answer();
  std::string announced;
  bench.link(false);
  bench.link(true);
  for (const auto& [request, done] : bench.asked) {
    for (const auto& entity : request.presence().entities()) announced += entity.entity_id() + "=" + entity.status();
  }
  CHECK(announced == "a=busy");
}

TEST_CASE("recipients are counted by the broker") {
  Bench bench;
  bench.link(true);
  bench.answer();
  std::uint64_t count = 0;
  bench.presence.recipients("t", [&](std::uint64_t n) { count = n; });
  CHECK(count == 0);
  bench.answer();
  CHECK(count == 42);
}

TEST_CASE("a presence_changed that is not the broker's changes nothing") {
  Bench bench;
  bench.link(true);
  bench.answer();
  for (const char* data : {"", "{}", R"({"entry":{},"connections":1,"updated_us":1})",
                           R"({"entry":{"metadata":7},"connections":1,"updated_us":1})",
                           R"({"entry":{"capabilities":[1]},"connections":1,"updated_us":1})",
                           R"({"entry":[],"connections":-1,"updated_us":1})"}) {
    bench.presence.on_changed(20, data);
  }
  CHECK(bench.ids({}).empty());
  CHECK(bench.presence.figures().unreadable == 6);
}

TEST_CASE("an entry survives its way through an event") {
  v1::PresenceEntity entity = Bench::entity("ä b");
  entity.set_status_message("\"quoted\"");
  entity.set_connected_at_us(1'770'000'000'123'456);
  entity.set_last_seen_us(1'770'000'001'000'000);
  entity.set_metadata(R"({"n":12345678901234567,"a":[{"b":null}]})");
  entity.add_capabilities("tools");
  entity.set_current_activity("writing");
  entity.set_session_id("sess_1");
  entity.set_client_version("1.2");
  entity.set_platform("linux");
  std::string data;
  JsonWriter out(data);
  write_event_data(out, presence_changed(entity));
  const auto read = read_presence_changed(data);
  REQUIRE(read.ok());
  CHECK(read->SerializeAsString() == entity.SerializeAsString());
  CHECK(presence_changed(entity).topic() == "presence.agent.%C3%A4%20b");
}

TEST_CASE("a presence entry has all its fields, null where nothing is known") {
  std::string text;
  JsonWriter out(text);
  write_presence_entry(out, Bench::entity("a"));
  CHECK(text == R"({"entity_id":"a","entity_type":"agent","status":"online","status_message":null,"connected_at":null,)"
                R"("last_seen":null,"metadata":{},"capabilities":[],"current_activity":null,"session_id":null,)"
                R"("client_version":null,"platform":null})");
}

}  // namespace
