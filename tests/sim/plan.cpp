#include "tests/sim/plan.h"

namespace cell0::sim {
namespace {

broker::Rule rule(const char* type, v1::Durability durability, std::uint64_t count_max) {
  broker::Rule made;
  made.type = type;
  made.durability = durability;
  made.count_max = count_max;
  return made;
}

std::vector<broker::Rule> draw_rules(Dice& dice) {
  return {rule(kTypes[0], v1::DURABLE, dice.one_in(3) ? dice.between(50, 200) : 0),
          rule(kTypes[1], v1::DURABLE, dice.between(3, 40)),
          rule(kTypes[2], v1::RELAXED, dice.one_in(2) ? dice.between(10, 80) : 0), rule(kTypes[3], v1::EPHEMERAL, 0)};
}

FaultWeights draw_faults(Dice& dice) {
  FaultWeights faults;
  const auto draw = [&dice](unsigned& weight, unsigned high) {
    if (!dice.one_in(3)) weight = static_cast<unsigned>(dice.between(1, high));
  };
  draw(faults.broker_kill, 4);
  draw(faults.power_cut, 3);
  draw(faults.gateway_kill, 3);
  draw(faults.emitter_kill, 3);
  draw(faults.control_reset, 5);
  draw(faults.control_stall, 4);
  draw(faults.fanout_reset, 4);
  draw(faults.fanout_loss, 8);
  draw(faults.fanout_stall, 3);
  draw(faults.client_leave, 8);
  draw(faults.client_stall, 6);
  draw(faults.disk_full, 2);
  draw(faults.disk_slow, 2);
  draw(faults.clock_step, 1);
  return faults;
}

broker::Limits draw_broker_limits(Dice& dice) {
  broker::Limits limits;
  limits.batch_events_max = dice.between(1, 16);
  limits.publish_events_max = dice.between(4, 64);
  limits.gathered_events_max = dice.between(20, 300);
  limits.publishes_max = dice.between(4, 64);
  limits.page_bytes_max = dice.between(500, 5'000);
  limits.histories_per_peer_max = dice.between(3, 8);
  limits.origin_recent_max = dice.between(1, 100);
  limits.seq_block = dice.between(20, 5'000);
  return limits;
}

gateway::CoreLimits draw_gateway_limits(Dice& dice) {
  gateway::CoreLimits limits;
  limits.ring_events_max = dice.between(8, 300);
  limits.ring_bytes_max = dice.between(4'000, 60'000);
  limits.lag_bytes_max = dice.between(4'000, 50'000);
  limits.cursor_chunk_bytes = dice.between(50, 2'000);
  limits.turn_bytes_max = dice.between(200, 20'000);
  limits.pages_max = dice.between(1, 6);
  limits.pages_asked_max = dice.between(1, 3);
  limits.page_timeout = milliseconds(dice.between(500, 5'000));
  limits.hold_max = milliseconds(dice.between(1'500, 12'000));
  limits.hold_bytes_max = dice.one_in(3) ? dice.between(500, 5'000) : 1u << 20;
  return limits;
}

}  // namespace

Plan Plan::draw(Dice& dice) {
  Plan plan;
  plan.emitters = dice.between(1, 4);
  plan.gateways = dice.between(1, 3);
  plan.clients = dice.between(2, 8);
  plan.push_every = milliseconds(dice.between(10, 200));
  plan.fault_every = milliseconds(dice.between(150, 3'000));
  plan.faults = draw_faults(dice);
  plan.links.delay_max = dice.one_in(3) ? milliseconds(dice.between(10, 100)) : milliseconds(5);
  plan.disk.commit_max = dice.one_in(4) ? milliseconds(dice.between(10, 100)) : milliseconds(3);
  plan.broker = draw_broker_limits(dice);
  plan.rules = draw_rules(dice);
  plan.gateway = draw_gateway_limits(dice);
  plan.publish.held_events_max = dice.between(20, 400);
  plan.publish.batch_events_max = dice.between(1, 20);
  plan.publish.requests_max = dice.between(1, 6);
  plan.socket_bytes = dice.between(300, 8'000);
  return plan;
}

}  // namespace cell0::sim
