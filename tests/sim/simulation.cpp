#include "tests/sim/simulation.h"

#include <algorithm>

#include "tests/sim/model_log.h"
#include "tests/sim/sqlite_log.h"

namespace cell0::sim {
namespace {

// After the last failure: three silences of a link, some backoffs, a hold and a slow page fit into it.
constexpr Duration kPeaceMax = seconds(180);

broker::RuleTable table_of(const Plan& plan) { return broker::RuleTable::create(plan.rules).value(); }

std::unique_ptr<Store> store_for(std::uint64_t seed, LogKind kind, World& world, const Plan& plan,
                                 const broker::RuleTable& rules) {
  const bool real = kind == LogKind::kSqlite || (kind == LogKind::kBySeed && seed % 8 == 0);
  if (real) return std::make_unique<SqliteStore>(world, plan.disk, rules, plan.broker);
  return std::make_unique<ModelStore>(world, plan.disk, rules, plan.broker.seq_block);
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, LogKind kind, bool verbose, Log& log)
    : world_(seed, verbose),
      plan_(Plan::draw(world_.dice())),
      rules_(table_of(plan_)),
      network_(world_, plan_.links),
      store_(store_for(seed, kind, world_, plan_, rules_)),
      invariants_(*store_),
      broker_(world_, plan_, rules_, network_, *store_, invariants_, log) {
  for (std::uint32_t i = 1; i <= plan_.emitters; ++i) {
    emitters_.push_back(std::make_unique<Emitter>(world_, plan_, network_, invariants_, i));
  }
  for (std::uint32_t i = 1; i <= plan_.gateways; ++i) {
    gateways_.push_back(std::make_unique<Gateway>(world_, plan_, network_, invariants_, log, i));
  }
  for (std::uint32_t i = 1; i <= plan_.clients; ++i) {
    clients_.push_back(std::make_unique<Client>(world_, plan_, invariants_, i));
  }
}

Simulation::~Simulation() = default;

void Simulation::run(std::uint64_t steps_max) {
  start_all();
  while (world_.steps() < steps_max && world_.step()) {
  }
  make_peace();
  wait_until_settled();
  check_the_end();
}

// In any order, and not at once: each has to do without the others for a while.
void Simulation::start_all() {
  Dice& dice = world_.dice();
  const auto soon = [&](auto start) { world_.after(dice.delay(Duration(0), seconds(2)), life_, start); };
  // A short run may make peace, which starts everybody, before their time has come.
  const auto start = [](auto& part) {
    if (!part.is_up()) part.start();
  };
  soon([this, start] { start(broker_); });
  for (const auto& emitter : emitters_) soon([start, one = emitter.get()] { start(*one); });
  for (const auto& gateway : gateways_) soon([start, one = gateway.get()] { start(*one); });
  for (const auto& client : clients_) soon([this, one = client.get()] { come_and_go(*one); });
  plan_fault();
}

Gateway* Simulation::any_gateway() {
  std::vector<Gateway*> up;
  for (const auto& gateway : gateways_) {
    if (gateway->is_up()) up.push_back(gateway.get());
  }
  return up.empty() ? nullptr : up[world_.dice().below(up.size())];
}

// A client that is away comes back after a while.
void Simulation::come_and_go(Client& client) {
  Dice& dice = world_.dice();
  if (!client.is_connected()) {
    if (Gateway* gateway = any_gateway()) client.connect(*gateway, trouble_ && dice.one_in(15));
  }
  world_.after(dice.delay(milliseconds(10), seconds(2)), life_, [this, &client] { come_and_go(client); });
}

void Simulation::make_peace() {
  world_.trace("peace: nothing fails from here on");
  trouble_ = false;
  store_->set_full(false);
  plan_.disk = DiskTimes{};
  network_.heal();
  for (const auto& emitter : emitters_) {
    emitter->stop_pushing();
    if (!emitter->is_up()) emitter->start();
  }
  for (const auto& gateway : gateways_) {
    if (!gateway->is_up()) gateway->start();
  }
  if (!broker_.is_up()) broker_.start();
  for (const auto& client : clients_) client->hurry();
}

void Simulation::wait_until_settled() {
  const MonoTime until = world_.now() + kPeaceMax;
  for (MonoTime look_at = world_.now(); !unsettled().empty(); look_at += seconds(1)) {
    if (world_.now() >= until) throw Violation("in the end everybody has everything", unsettled());
    while (world_.now() < look_at && world_.step()) {
    }
  }
}

// Who still misses something; empty: nobody.
std::string Simulation::unsettled() const {
  if (!broker_.is_up()) return "the broker is down";
  for (const auto& emitter : emitters_) {
    if (!emitter->idle()) return emitter->name() + " waits for answers";
  }
  for (const auto& gateway : gateways_) {
    if (!gateway->is_ready()) return gateway->name() + " is not ready: " + gateway->why_not_ready();
    if (gateway->last() < broker_.head()) return gateway->name() + " is behind";
  }
  for (const auto& client : clients_) {
    if (!client->is_connected()) return client->name() + " is away";
    if (!client->gateway()->is_live(*client)) return client->name() + " is behind at " + client->gateway()->name();
  }
  return "";
}

// One more event has to reach everybody: who is said to be live is.
void Simulation::check_the_end() {
  world_.trace("peace: all have settled; one more event of each");
  for (const auto& emitter : emitters_) emitter->push_last();
  wait_until_settled();
  const MonoTime until = world_.now() + seconds(5);
  while (world_.now() < until && world_.step()) {
  }
  std::set<std::pair<std::uint32_t, std::uint32_t>> lives;
  for (const auto& emitter : emitters_) lives.insert(emitter->life());
  invariants_.check_all_settled(lives);
  for (const auto& client : clients_) client->view().account(invariants_.newest());
}

}  // namespace cell0::sim
