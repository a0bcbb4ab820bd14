// The broker's presence and three gateways', over links that are slow and lose, with processes that die at any moment,
// from a seed: nobody who stays connected is ever called offline, and everybody is right in time.
#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <optional>

#include "broker/presence.h"
#include "common/event_json.h"
#include "common/random.h"
#include "gateway/presence/presence.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace std::chrono_literals;

namespace {

constexpr Duration kStep = 50ms;
constexpr Duration kSettled = 15s;  // dialects.md section 2: within 15 s, whatever has died

struct World;

// A gateway process: its presence, and the links to the broker.
struct Node : PresenceSource {
  Node(World& world, std::string incarnation);

  void ask_presence(v1::Request request, OnAnswer done) override;
  bool presence_connected() const override { return connected; }
  void run_presence_soon() override { run_asked = true; }

  struct Call {
    v1::Request request;
    OnAnswer done;
    MonoTime at{};        // when it arrives there, or its answer here
    MonoTime deadline{};  // when it is given up
    bool answered = false;
    bool lost = false;
    bool spared = false;
    v1::Response response;
    std::uint64_t boot = 0;
  };
  struct Change {
    std::uint64_t seq = 0;
    std::string data;
    MonoTime at{};
  };

  void step();
  void find_link();
  void lose(Call& call);

  World& world;
  std::string incarnation;
  bool connected = false;
  bool run_asked = false;
  std::uint64_t boot = 0;  // of the broker that it is connected to
  MonoTime look_at{};      // when it notices that the broker has died, or has come
  MonoTime tick_at{};
  MonoTime gap_at{};
  bool lost_last = false;
  std::deque<Call> calls;
  std::deque<Change> changes;
  CoreLimits limits;
  Presence presence;
  std::map<ConnectionId, std::string> connections;
};

struct World {
  explicit World(std::uint64_t seed) : random(seed) { start_broker(false); }

  bool chance(double p) { return random.unit() < p; }
  std::uint64_t below(std::uint64_t n) { return random.u64() % n; }
  Duration delay() { return std::chrono::milliseconds(below(200)); }

  void start_broker(bool warm) {
    broker.emplace(broker::PresenceBounds{}, clock.mono(), warm);
    ++boot;
    began = clock.mono();
    broker_tick_at = clock.mono() + 1s;
  }
  void publish() {
    while (const v1::PresenceEntity* changed = broker->next_change()) {
      ++seq;
      std::string data;
      JsonWriter out(data);
      write_event_data(out, presence_changed(*changed));
      if (changed->connections() == 0) called_offline(changed->entity_id());
      told[changed->entity_id()] = changed->status();
      broker->change_taken();
      for (auto& node : nodes) {
        if (node == nullptr) continue;
        if (chance(losses)) {  // the fanout drops, and the chain shows the gap
          node->gap_at = clock.mono() + 1s;
          continue;
        }
        const MonoTime at = clock.mono() + delay();
        node->changes.push_back({seq, data, node->changes.empty() ? at : std::max(at, node->changes.back().at)});
      }
    }
  }

  // Within 5 s its gateway may have been waiting for the answer to an announcement that was lost.
  bool connected_for_long(const std::string& id) const {
    for (const auto& node : nodes) {
      if (node == nullptr) continue;
      for (const auto& [connection, of] : node->connections) {
        if (of == id && clock.mono() - made.at(connection) >= 5s) return true;
      }
    }
    return false;
  }
  void called_offline(const std::string& id) {
    if (connected_for_long(id)) flickers += id;
  }
  bool there(const std::string& id) const {
    for (const auto& node : nodes) {
      if (node == nullptr) continue;
      for (const auto& [connection, of] : node->connections) {
        if (of == id) return true;
      }
    }
    return false;
  }
  void note_truth() {
    for (char c = 'a'; c < 'i'; ++c) {
      const std::string id(1, c);
      if (there(id))
        gone_since.erase(id);
      else
        gone_since.try_emplace(id, clock.mono());
    }
  }

  void act() {
    if (nodes.empty()) return;
    auto& node = nodes[below(nodes.size())];
    if (node == nullptr) {
      if (chance(0.1)) node = std::make_unique<Node>(*this, new_incarnation());
      return;
    }
    const std::uint64_t dice = below(100);
    const std::string id(1, static_cast<char>('a' + below(8)));
    if (dice < 45) {
      EntityInfo info;
      info.entity_id = id;
      CHECK(node->presence.connected(++last_connection, info).ok());
      node->connections[last_connection] = id;
      made[last_connection] = clock.mono();
    } else if (dice < 85 && !node->connections.empty()) {
      const auto connection = std::next(node->connections.begin(), static_cast<long>(below(node->connections.size())));
      node->presence.gone(connection->first);
      node->connections.erase(connection);
    } else if (dice < 98 && !node->connections.empty()) {
      constexpr const char* kStatuses[] = {"online", "away", "busy"};
      PresenceUpdate update;
      update.status = kStatuses[below(3)];
      CHECK(node->presence.update(node->connections.begin()->second, update).ok());
    } else if (kills && dice == 98) {
      node.reset();
    }
  }
  std::string new_incarnation() {
    const std::uint64_t words[2] = {random.u64(), random.u64()};
    return {reinterpret_cast<const char*>(words), sizeof words};
  }

  void step(bool busy) {
    clock.advance(kStep);
    if (busy && chance(0.2)) act();
    if (busy && kills && broker && chance(0.001)) broker.reset();
    if (!broker && (clock.mono() >= dead_until || !busy)) {
      if (dead_until == MonoTime{}) {
        dead_until = clock.mono() + std::chrono::milliseconds(below(6000));
      } else {
        dead_until = {};
        start_broker(true);
      }
    }
    note_truth();
    for (auto& node : nodes) {
      if (node != nullptr) node->step();
    }
    if (broker && clock.mono() >= broker_tick_at) {
      broker_tick_at += 1s;
      broker->tick(clock.mono());
      publish();
    }
    check_the_gone();
  }

  // Who has gone long ago is offline on every gateway.
  void check_the_gone() {
    for (const auto& [id, time] : gone_since) {
      if (!broker || clock.mono() - time < kSettled || clock.mono() - began < kSettled) continue;
      for (const auto& node : nodes) {
        if (node != nullptr && node->connected && node->presence.online(id))
          if (ghosts.find(id) == std::string::npos) ghosts += id;
      }
    }
  }

  void check_truth() {
    REQUIRE(broker);
    std::map<std::string, std::string> statuses;
    for (const auto& node : nodes) {
      if (node == nullptr) continue;
      for (char c = 'a'; c < 'i'; ++c) {
        const std::string id(1, c);
        INFO("entity " << id);
        CHECK(node->presence.online(id) == there(id));
        const auto entry = node->presence.find(id);
        const std::string status = entry ? entry->status() : "offline";
        if (!there(id)) CHECK(status == "offline");
        CHECK(statuses.try_emplace(id, status).first->second == status);
        CHECK((told.count(id) > 0 ? told.at(id) : "offline") == status);
      }
      CHECK(node->presence.loaded());
      CHECK_FALSE(node->presence.warming());
    }
  }

  ManualClock clock;
  SeededRandom random;
  double losses = 0;
  bool kills = false;
  std::optional<broker::Presence> broker;
  std::uint64_t boot = 0;
  std::uint64_t seq = 0;
  MonoTime began{};
  MonoTime broker_tick_at{};
  MonoTime dead_until{};
  ConnectionId last_connection = 0;
  std::vector<std::unique_ptr<Node>> nodes;
  std::map<ConnectionId, MonoTime> made;
  std::map<std::string, MonoTime> gone_since;  // of those who are not connected
  std::map<std::string, std::string> told;     // by all brokers: what somebody knows who only listens
  std::string flickers, ghosts;                // their ids
};

Node::Node(World& of, std::string own)
    : world(of), incarnation(own), presence(*this, of.clock, limits, std::move(own)) {
  tick_at = world.clock.mono() + world.delay();
  look_at = world.clock.mono() + world.delay();
}

void Node::ask_presence(v1::Request request, OnAnswer done) {
  Call call;
  call.request = std::move(request);
  call.done = std::move(done);
  call.at = world.clock.mono() + world.delay();
  if (!calls.empty()) call.at = std::max(call.at, calls.back().at);
  call.deadline = world.clock.mono() + 3s;
  call.boot = boot;
  if (call.request.has_presence()) call.spared = std::exchange(lost_last, false);
  lose(call);
  calls.push_back(std::move(call));
}

// Two announcements in a row would cost a lease rightly: the gateway was not heard for seven seconds.
void Node::lose(Call& call) {
  call.lost = !call.spared && world.chance(world.losses);
  if (call.lost && call.request.has_presence()) lost_last = true;
}

// As the control client finds out: a while after the broker has died, or has come.
void Node::find_link() {
  const std::uint64_t there = world.broker ? world.boot : 0;
  if (boot == there) {
    look_at = world.clock.mono() + std::chrono::milliseconds(world.below(1500));
    return;
  }
  if (world.clock.mono() < look_at) return;
  if (connected) {
    connected = false;
    auto open = std::exchange(calls, {});
    presence.on_link(false);
    for (Call& call : open) call.done(Error{ErrorCode::kTimeout, "the broker is gone"});
    changes.clear();
  }
  boot = there;
  connected = there != 0;
  if (connected) {
    presence.on_link(true);
    presence.on_gap();  // its batches begin elsewhere
  }
}

void Node::step() {
  find_link();
  const MonoTime now = world.clock.mono();
  std::deque<Call> open = std::exchange(calls, {});
  std::deque<Call> kept;
  for (Call& call : open) {
    const bool there = world.broker && call.boot == world.boot;
    if (!call.answered && !call.lost && there && now >= call.at) {
      if (call.request.has_presence()) {
        const auto status = world.broker->announce(call.request.presence(), now, world.clock.wall());
        REQUIRE(status.ok());
        call.response.mutable_presence()->set_status(*status);
        call.response.mutable_presence()->set_warming(world.broker->warming());
        world.publish();
      } else {
        *call.response.mutable_presence_snapshot() =
            world.broker->snapshot(call.request.presence_snapshot().after(), 3, 1 << 20);
        call.response.mutable_presence_snapshot()->set_head_seq(world.seq);
      }
      call.answered = true;
      lose(call);
      call.at = now + world.delay();
    } else if (call.answered && !call.lost && now >= call.at) {
      call.done(std::move(call.response));
      continue;
    } else if (now >= call.deadline) {
      call.done(Error{ErrorCode::kTimeout, "no answer"});
      continue;
    }
    kept.push_back(std::move(call));
  }
  for (Call& call : calls) kept.push_back(std::move(call));
  calls = std::move(kept);

  while (!changes.empty() && changes.front().at <= now) {
    const Change change = std::move(changes.front());
    changes.pop_front();
    presence.on_changed(change.seq, change.data);
  }
  if (gap_at != MonoTime{} && now >= gap_at) {
    gap_at = {};
    presence.on_gap();
  }
  if (now >= tick_at) {
    tick_at += 1s;
    presence.on_tick();
  }
  if (std::exchange(run_asked, false)) presence.run();
}

// A minute of this and that, then quiet; then all is as it should be.
void run(std::uint64_t seed, double losses, bool kills) {
  INFO("seed " << seed);
  World world(seed);
  world.losses = losses;
  world.kills = kills;
  for (int i = 0; i < 3; ++i) world.nodes.push_back(std::make_unique<Node>(world, world.new_incarnation()));
  for (Duration time{}; time < 60s; time += kStep) world.step(true);
  world.losses = 0;
  for (Duration time{}; time < kSettled + 3s; time += kStep) world.step(false);
  world.check_truth();
  CHECK(world.flickers == "");
  CHECK(world.ghosts == "");
}

TEST_CASE("over links that only take their time everybody is right") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) run(seed, 0, false);
}

TEST_CASE("over links that lose announcements, answers and events nobody flickers") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) run(seed, 0.05, false);
}

TEST_CASE("gateways and brokers may die at any moment: nobody who stays flickers, whoever goes is offline in time") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) run(seed, 0.02, true);
}

}  // namespace
