// Which dialect, events and count a request of the arcane dialect leads to.
#include "gateway/arcane_entrance.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

HttpRequest request(std::string path, std::string query = {}) {
  HttpRequest made;
  made.method = "GET";
  made.path = std::move(path);
  made.query = std::move(query);
  return made;
}

}  // namespace

TEST_CASE("the paths of the dialect") {
  for (const char* path : {"/ws/events", "/ws/events/", "/ws/events/lab"}) CHECK(ArcaneEntrance::is_path(path));
  for (const char* path : {"/", "/ws", "/ws/eventsx", "/events"}) CHECK_FALSE(ArcaneEntrance::is_path(path));
}

TEST_CASE("the stream is the spells, counted under their topic") {
  ArcaneEntrance entrance;
  for (const char* path : {"/", "/ws/events", "/ws/events/"}) {
    const auto place = entrance.find(request(path, "since=7&types=spell,x"));
    REQUIRE(place);
    CHECK(place->dialect->name() == "arcane");
    CHECK(place->counted_topic == "events.spell");
    CHECK(place->channel.empty());
    CHECK(place->query.since == Seq{7});
    CHECK(place->query.filter.proto().types_size() == 2);
  }
  CHECK(entrance.find(request("/ws/events", "since=x")).error().code == ErrorCode::kInvalid);
}

TEST_CASE("a channel is its topic alone, whatever topics are asked for") {
  ArcaneEntrance entrance;
  const auto place = entrance.find(request("/ws/events/the lab/1", "topics=control.>&since=3"));
  REQUIRE(place);
  CHECK(place->dialect->name() == "arcane-channel");
  CHECK(place->channel == "the lab/1");
  CHECK(place->counted_topic == "channels.the%20lab%2F1");
  REQUIRE(place->query.filter.proto().topics_size() == 1);
  CHECK(place->query.filter.proto().topics(0) == place->counted_topic);
  CHECK(place->query.since == Seq{3});
  CHECK(entrance.find(request("/ws/events/" + std::string(1000, 'x'))).error().code == ErrorCode::kTooLarge);
  CHECK(entrance.find(request("/ws/events/a\nb")).error().code == ErrorCode::kInvalid);
}

TEST_CASE("clients of one daemon share a dialect, which is used again when they have gone") {
  ArcaneEntrance entrance;
  const auto daemon = [&](const std::string& name) { return entrance.find(request("/ws/events", "daemon=" + name)); };
  auto claude = daemon("claude");
  REQUIRE(claude);
  CHECK(claude->dialect == daemon("claude")->dialect);
  CHECK(claude->dialect != daemon("gemini")->dialect);
  CHECK(claude->dialect == daemon("claude")->dialect);

  std::vector<ArcaneEntrance::Place> places;
  for (std::size_t i = 1; i < ArcaneEntrance::kDaemonsMax; ++i) places.push_back(*daemon("d" + std::to_string(i)));
  CHECK(daemon("one-more").error().code == ErrorCode::kFull);
  CHECK(daemon("claude"));
  places.pop_back();
  CHECK(daemon("one-more"));
  CHECK(daemon(std::string(65, 'x')).error().code == ErrorCode::kTooLarge);
  CHECK(entrance.find(request("/ws/events", "daemon="))->dialect == entrance.find(request("/ws/events"))->dialect);
}
