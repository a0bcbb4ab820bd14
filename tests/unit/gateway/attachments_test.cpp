#include "gateway/attachments.h"

#include <doctest/doctest.h>

#include "common/event_json.h"

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct NoBroker final : PresenceSource, HistorySource {
  void ask_presence(v1::Request, OnAnswer) override {}
  bool presence_connected() const override { return false; }
  void run_presence_soon() override {}
  void ask(const v1::HistoryRequest&, OnPage) override {}
};

struct Fixture {
  ManualClock clock;
  NoBroker broker;
  Presence presence{broker, clock, CoreLimits(), std::string(16, 'i')};
  std::vector<std::string> stopped;
  Orchestrators orchestrators{[this](const v1::ServiceRequest& request, const auto&) {
                                CHECK(request.method() == "stop");
                                stopped.push_back(request.key());
                              },
                              broker, clock, clock.wall(), [] { return true; }};
  Attachments attachments{presence, orchestrators};

  // What the broker says of an entity.
  void changed(const char* id, const char* type, std::uint32_t connections) {
    v1::PresenceEntity entity;
    entity.set_entity_id(id);
    entity.set_entity_type(type);
    entity.set_status(connections > 0 ? "online" : "offline");
    entity.set_connections(connections);
    std::string data;
    JsonWriter out(data);
    write_event_data(out, presence_changed(entity));
    attachments.on_presence_changed(data);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a session is there for everybody while its client is, and is stopped with it") {
  const Attachments::Id one = attachments.attach("s1");
  const Attachments::Id two = attachments.attach("s2");
  CHECK(presence.online("attached.s1"));
  CHECK(stopped.empty());
  attachments.end(one);
  CHECK_FALSE(presence.online("attached.s1"));
  CHECK(presence.online("attached.s2"));
  CHECK(stopped == std::vector<std::string>{"s1"});
  attachments.end(two);
  CHECK(stopped.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a session whose client's gateway has died is stopped by who hears of it") {
  changed("attached.s1", "session", 1);
  changed("s2", "session", 0);
  changed("attached.s3", "user", 0);
  attachments.on_presence_changed("nonsense");
  CHECK(stopped.empty());
  changed("attached.s1", "session", 0);
  CHECK(stopped == std::vector<std::string>{"s1"});
}
