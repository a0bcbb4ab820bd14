// What a gateway tells the broker of who is connected to it: gathered, numbered, and everything anew when it must.
#include "gateway/presence/announcer.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;
using namespace std::chrono_literals;

namespace {

// A broker that takes everything, unless the test says otherwise.
struct Bench {
  // "all +x*2 -y t=3 ?z": everything, x is here twice, y went, topic t has three subscribers, z was seen.
  std::string send(v1::PresenceAnswer::Status status = v1::PresenceAnswer::TAKEN) {
    const std::string text = ask();
    v1::PresenceAnswer answer;
    answer.set_status(status);
    announcer.on_answer(answer);
    return text;
  }
  std::string ask() {
    if (!announcer.due()) return "nothing";
    const v1::PresenceRequest request = announcer.request();
    CHECK(request.counter() > counter);
    counter = request.counter();
    bytes = request.ByteSizeLong();
    std::string text = request.all() ? "all" : "";
    const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
    for (const auto& entity : request.seen()) add("?" + entity.entity_id());
    for (const auto& entity : request.entities()) {
      last = entity;
      add("+" + entity.entity_id() + (entity.connections() > 1 ? "*" + std::to_string(entity.connections()) : ""));
    }
    for (const auto& id : request.gone()) add("-" + id);
    for (const auto& topic : request.topics()) add(topic.topic() + "=" + std::to_string(topic.subscribers()));
    return text;
  }
  void fail() { announcer.on_answer(Error{ErrorCode::kTimeout, "no answer"}); }
  // The first announcements of a gateway that has nothing.
  void begin() {
    send();
    send();
  }
  void connect(ConnectionId connection, const std::string& id, const v1::PresenceEntity* known = nullptr) {
    EntityInfo info;
    info.entity_id = id;
    CHECK(announcer.connected(connection, info, known).ok());
  }
  std::function<void()> note(const std::string& name) {
    return [this, name] { called += name; };
  }

  ManualClock clock;
  std::vector<v1::PresenceEntity> others;
  Announcer announcer{"0123456789abcdef", clock, [this](const std::string& after) -> const v1::PresenceEntity* {
                        for (const v1::PresenceEntity& entity : others) {
                          if (entity.entity_id() > after) return &entity;
                        }
                        return nullptr;
                      }};
  std::uint64_t counter = 0;
  std::size_t bytes = 0;
  v1::PresenceEntity last;
  std::string called;
};

TEST_CASE("the first announcement is everything, and one without `all` ends it") {
  Bench bench;
  bench.connect(1, "x");
  bench.announcer.subscribed("t");
  CHECK(bench.send() == "all +x t=1");
  CHECK(bench.send() == "");
  CHECK(bench.send() == "nothing");
}

TEST_CASE("what happens within a turn goes together, each entity and topic once") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  bench.connect(2, "x");
  bench.connect(3, "y");
  bench.announcer.gone(3);
  bench.announcer.subscribed("t");
  bench.announcer.subscribed("t");
  bench.announcer.subscribed("u");
  bench.announcer.unsubscribed("u");
  CHECK(bench.send() == "+x*2 -y t=2 u=0");
  bench.announcer.gone(1);
  CHECK(bench.send() == "+x");
  bench.announcer.gone(2);
  bench.connect(4, "x");
  CHECK(bench.send() == "+x");
  CHECK(bench.announcer.topics() == 1);
}

TEST_CASE("a connection belongs to one entity at a time, and counts once for it") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  bench.connect(1, "x");
  CHECK(bench.send() == "+x");
  bench.connect(1, "y");
  CHECK(bench.send() == "+y -x");
  bench.announcer.gone(1);
  bench.announcer.gone(1);
  bench.announcer.gone(77);
  CHECK(bench.send() == "-y");
  CHECK(bench.announcer.entities() == 0);
}

TEST_CASE("a lease is renewed while nothing happens") {
  Bench bench;
  bench.begin();
  CHECK(bench.send() == "nothing");
  bench.clock.advance(2s);
  CHECK(bench.send() == "");
  bench.clock.advance(1s);
  CHECK(bench.send() == "nothing");
}

TEST_CASE("one request is under way at a time, and what comes meanwhile goes with the next") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  CHECK(bench.ask() == "+x");
  bench.connect(2, "y");
  CHECK(bench.ask() == "nothing");
  v1::PresenceAnswer answer;
  answer.set_status(v1::PresenceAnswer::TAKEN);
  bench.announcer.on_answer(answer);
  CHECK(bench.send() == "+y");
}

TEST_CASE("after a lost answer, and when the broker asks for it, everything is announced anew") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  bench.announcer.subscribed("t");
  bench.send();
  bench.connect(2, "y");
  bench.announcer.unsubscribed("t");
  CHECK(bench.ask() == "+y t=0");
  const std::uint64_t lost = bench.counter;
  bench.fail();
  CHECK(bench.send(v1::PresenceAnswer::ANNOUNCE_ALL) == "all +x +y");
  CHECK(bench.counter == lost + 2);  // not the next: it goes on with nothing that broke off
  CHECK(bench.send() == "all +x +y");
  CHECK(bench.counter == lost + 4);
  CHECK(bench.send() == "");
  CHECK(bench.send() == "nothing");
}

TEST_CASE("a new broker is told whom we saw elsewhere, too; one that has only lost us is not") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  bench.send();
  bench.others.emplace_back().set_entity_id("a");
  bench.others.emplace_back().set_entity_id("b");
  bench.announcer.on_link(false);
  bench.announcer.on_link(true);
  CHECK(bench.send() == "all ?a ?b +x");
  bench.send();
  bench.clock.advance(2s);
  bench.send(v1::PresenceAnswer::ANNOUNCE_ALL);
  CHECK(bench.send() == "all +x");
}

TEST_CASE("much is told in several requests of a bounded size") {
  Bench bench;
  bench.begin();
  const std::string metadata = "{\"a\":\"" + std::string(10'000, 'a') + "\"}";
  for (int i = 0; i < 40; ++i) {
    v1::PresenceEntity& seen = bench.others.emplace_back();
    seen.set_entity_id("seen" + std::to_string(100 + i));
    seen.set_metadata(metadata);
    EntityInfo info;
    info.entity_id = "x" + std::to_string(i);
    info.metadata = metadata;
    REQUIRE(bench.announcer.connected(static_cast<ConnectionId>(i), info, nullptr).ok());
  }
  bench.announcer.on_link(true);
  bench.announcer.announced(bench.note("done"), true);
  int requests = 0;
  std::string all;
  while (true) {
    const std::string text = bench.send();
    if (text == "nothing") break;
    all += text + "\n";
    ++requests;
    CHECK(bench.bytes < 200'000);
    CHECK((bench.called == "done") == (all.find("+x39") != std::string::npos));
  }
  CHECK(requests > 5);
  for (const char* last : {"?seen139", "+x39"}) CHECK(all.find(last) != std::string::npos);
  CHECK(all.ends_with("\n\n"));  // the one that ends it
}

TEST_CASE("announced() calls when the broker has it, and at once if there is nothing to tell or it is away") {
  Bench bench;
  bench.begin();
  bench.announcer.announced(bench.note("a"), true);
  CHECK(bench.called == "a");
  bench.connect(1, "x");
  bench.announcer.announced(bench.note("b"), false);
  CHECK(bench.called == "ab");
  bench.announcer.announced(bench.note("c"), true);
  CHECK(bench.called == "ab");
  CHECK(bench.ask() == "+x");
  bench.connect(2, "y");
  bench.announcer.announced(bench.note("d"), true);
  v1::PresenceAnswer answer;
  answer.set_status(v1::PresenceAnswer::TAKEN);
  bench.announcer.on_answer(answer);
  CHECK(bench.called == "abc");
  bench.announcer.on_link(false);
  CHECK(bench.called == "abcd");
  bench.announcer.on_link(true);
  bench.announcer.announced(bench.note("e"), true);
  CHECK(bench.called == "abcd");  // the new broker has nothing yet
  CHECK(bench.send() == "all +x +y");
  CHECK(bench.called == "abcde");
  bench.send();
  bench.announcer.on_link(true);
  bench.announcer.announced(bench.note("f"), true);
  CHECK(bench.called == "abcde");  // nothing is new, but another broker has to learn it
  bench.send();
  CHECK(bench.called == "abcdef");
}

TEST_CASE("an entity begins online, and a second connection keeps what was said on the first") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  PresenceUpdate update;
  update.status = "busy";
  update.activity = "writing";
  CHECK(bench.announcer.update("x", update, nullptr).ok());
  bench.send();
  CHECK(bench.last.status() == "busy");
  const std::int64_t updated = bench.last.updated_us();
  EntityInfo info;
  info.entity_id = "x";
  info.session_id = "sess_2";
  CHECK(bench.announcer.connected(2, info, nullptr).ok());
  bench.send();
  CHECK(bench.last.status() == "busy");
  CHECK(bench.last.current_activity() == "writing");
  CHECK(bench.last.session_id() == "sess_2");
  CHECK(bench.last.updated_us() > updated);
  bench.announcer.gone(1);
  bench.announcer.gone(2);
  bench.connect(3, "x");
  bench.send();
  CHECK(bench.last.status() == "online");
  CHECK(bench.last.current_activity().empty());
}

TEST_CASE("what an entity said on another gateway holds for its connection here, and is later than any clock says") {
  Bench bench;
  bench.begin();
  v1::PresenceEntity known;
  known.set_entity_id("x");
  known.set_status("away");
  known.set_connections(1);
  known.set_updated_us(to_unix_us(bench.clock.wall()) + 60'000'000);
  bench.connect(1, "x", &known);
  bench.send();
  CHECK(bench.last.status() == "away");
  CHECK(bench.last.updated_us() == known.updated_us() + 1);
  known.set_status("busy");
  known.set_updated_us(bench.last.updated_us() - 1);
  bench.announcer.adopt(known);
  CHECK(bench.send() == "nothing");
  known.set_updated_us(bench.last.updated_us() + 1);
  bench.announcer.adopt(known);
  CHECK(bench.send() == "+x");
  CHECK(bench.last.status() == "busy");
  known.set_connections(0);
  known.set_status("offline");
  known.set_updated_us(known.updated_us() + 1);
  bench.announcer.adopt(known);
  CHECK(bench.send() == "nothing");
}

TEST_CASE("what is not valid changes nothing") {
  Bench bench;
  bench.begin();
  EntityInfo info;
  for (const std::string& id : {std::string(), std::string("a\x01"), std::string(256, 'a'), std::string(100, '\xff')}) {
    info.entity_id = id;
    CHECK_FALSE(bench.announcer.connected(1, info, nullptr).ok());
  }
  info.entity_id = "x";
  info.entity_type = "ghost";
  CHECK(bench.announcer.connected(1, info, nullptr).error().text.find("entity_type: \"ghost\"") == 0);
  info.entity_type = "user";
  info.metadata = "[]";
  CHECK(bench.announcer.connected(1, info, nullptr).error().text == "metadata: not a JSON object");
  CHECK(bench.send() == "nothing");
  CHECK(bench.announcer.update("x", {}, nullptr).error().code == ErrorCode::kNotFound);
  info.metadata.reset();
  CHECK(bench.announcer.connected(1, info, nullptr).ok());
  bench.send();
  PresenceUpdate update;
  update.status = "gone";
  CHECK(bench.announcer.update("x", update, nullptr).error().code == ErrorCode::kInvalid);
  update.status = "away";
  update.status_message = std::string(1025, 'a');
  CHECK(bench.announcer.update("x", update, nullptr).error().code == ErrorCode::kTooLarge);
  CHECK(bench.announcer.find("x")->status() == "online");
  CHECK(bench.send() == "nothing");
}

TEST_CASE("a sign of life changes last_seen here and is not announced") {
  Bench bench;
  bench.begin();
  bench.connect(1, "x");
  bench.send();
  const std::int64_t before = bench.announcer.find("x")->last_seen_us();
  bench.clock.advance(1s);
  bench.announcer.seen(1);
  bench.announcer.seen(2);
  CHECK(bench.announcer.find("x")->last_seen_us() == before + 1'000'000);
  CHECK(bench.send() == "nothing");
}

}  // namespace
