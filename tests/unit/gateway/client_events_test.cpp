// Comings and goings of clients as events, within bounds.
#include "gateway/client_events.h"

#include <doctest/doctest.h>

#include <vector>

#include "common/event_check.h"

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Comings {
  ManualClock clock;
  SeededRandom random{1};
  UuidGenerator ids{clock, random};
  std::vector<v1::Envelope> published;
  ClientEvents events{clock, ids, [this](const v1::Envelope& envelope) { published.push_back(envelope); }};
};

}  // namespace

TEST_CASE("a client that comes and goes is two events that any check passes") {
  Comings c;
  c.events.connected("c1", "/cell0d");
  c.events.disconnected("c1", "the client left");
  REQUIRE(c.published.size() == 2);
  CHECK(c.published[0].client_connect().client_id() == "c1");
  CHECK(c.published[0].client_connect().path() == "/cell0d");
  CHECK(c.published[0].source() == "websocket.server");
  CHECK(c.published[0].time_us() == to_unix_us(c.clock.wall()));
  CHECK(c.published[1].client_disconnect().client_id() == "c1");
  CHECK(c.published[1].client_disconnect().reason() == "the client left");
  CHECK(c.published[0].id() != c.published[1].id());
  for (const v1::Envelope& envelope : c.published) {
    const auto checked = check_event(envelope, {});
    CHECK_MESSAGE(checked.ok(), (checked.ok() ? "" : checked.error().text));
  }
}

TEST_CASE("beyond some a second they are summed up at the tick, each kind by itself") {
  Comings c;
  for (int i = 0; i < ClientEvents::kPerSecondMax + 7; ++i) c.events.connected("c", "/");
  for (int i = 0; i < ClientEvents::kPerSecondMax; ++i) c.events.disconnected("c", "");
  CHECK(c.published.size() == 2 * ClientEvents::kPerSecondMax);
  c.published.clear();
  c.events.on_tick();
  REQUIRE(c.published.size() == 1);
  CHECK(c.published[0].client_connect().client_id() == "*");
  CHECK(c.published[0].extra().text() == "{\"count\":7}");
  CHECK(check_event(c.published[0], {}).ok());
}

TEST_CASE("a tick begins anew, and says nothing if nothing was held back") {
  Comings c;
  for (int i = 0; i < ClientEvents::kPerSecondMax + 1; ++i) c.events.disconnected("c", "");
  c.events.on_tick();
  CHECK(c.published.back().client_disconnect().client_id() == "*");
  c.published.clear();
  c.events.on_tick();
  CHECK(c.published.empty());
  c.events.disconnected("d", "");
  CHECK(c.published.size() == 1);
}
