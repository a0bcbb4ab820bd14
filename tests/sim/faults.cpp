// What breaks, one thing at a time, as often as the plan says.
#include "tests/sim/simulation.h"

namespace cell0::sim {

void Simulation::plan_fault() {
  world_.after(world_.dice().delay(milliseconds(1), plan_.fault_every * 3), life_, [this] {
    if (!trouble_) return;
    break_something();
    plan_fault();
  });
}

void Simulation::break_something() {
  const FaultWeights& f = plan_.faults;
  const std::vector<unsigned> weights = {
      f.broker_kill,   f.power_cut,    f.gateway_kill, f.emitter_kill, f.control_reset,
      f.control_stall, f.fanout_reset, f.fanout_loss,  f.fanout_stall, f.client_leave,
      f.client_stall,  f.disk_full,    f.disk_slow,    f.clock_step,   1};
  switch (world_.dice().pick(weights)) {
    case 0:
      return kill_broker(false);
    case 1:
      return kill_broker(true);
    case 2:
      return kill_gateway();
    case 3:
      return kill_emitter();
    case 4:
      return break_control(true);
    case 5:
      return break_control(false);
    case 6:
    case 7:
    case 8:
      return break_fanout(world_.dice().pick({f.fanout_reset, f.fanout_loss, f.fanout_stall}));
    case 9:
      return upset_client(true);
    case 10:
      return upset_client(false);
    case 11:
      return fill_disk();
    case 12:
      return slow_disk();
    case 13:
      return step_clock();
    default:
      return;  // nothing, this time
  }
}

void Simulation::start_broker_later() {
  world_.after(world_.dice().delay(milliseconds(5), seconds(6)), life_, [this] {
    if (broker_.is_up()) return;
    broker_.start();
    if (!broker_.is_up()) start_broker_later();
  });
}

void Simulation::kill_broker(bool power) {
  if (!broker_.is_up()) return;
  power ? broker_.cut_power() : broker_.kill();
  start_broker_later();
}

void Simulation::kill_gateway() {
  Gateway* gateway = any_gateway();
  if (gateway == nullptr) return;
  gateway->kill();
  world_.after(world_.dice().delay(milliseconds(5), seconds(4)), life_, [gateway] {
    if (!gateway->is_up()) gateway->start();
  });
}

void Simulation::kill_emitter() {
  Emitter* emitter = emitters_[world_.dice().below(emitters_.size())].get();
  if (!emitter->is_up()) return;
  emitter->kill();
  world_.after(world_.dice().delay(milliseconds(5), seconds(4)), life_, [emitter] {
    if (!emitter->is_up()) emitter->start();
  });
}

void Simulation::break_control(bool reset) {
  const auto& links = network_.control_links();
  if (links.empty()) return;
  ControlLink& link = *links[world_.dice().below(links.size())];
  world_.trace("%s: control link %s", link.name().c_str(), reset ? "reset" : "stalled");
  if (reset) return link.reset();
  link.stall(world_.now() + world_.dice().delay(milliseconds(10), seconds(8)));
}

void Simulation::break_fanout(std::size_t how) {
  const auto& links = network_.fanout_links();
  if (links.empty()) return;
  FanoutLink& link = *links[world_.dice().below(links.size())];
  world_.trace("%s: fanout link %s", link.name().c_str(), how == 0 ? "reset" : how == 1 ? "loses" : "stalled");
  if (how == 0) return link.reset();
  if (how == 1) return link.lose_next(world_.dice().between(1, 20));
  link.stall(world_.now() + world_.dice().delay(milliseconds(10), seconds(6)));
}

void Simulation::upset_client(bool leave) {
  Client& client = *clients_[world_.dice().below(clients_.size())];
  if (!client.is_connected()) return;
  if (leave) return client.leave();
  world_.trace("%s: reads nothing for a while", client.name().c_str());
  client.stall(world_.now() + world_.dice().delay(milliseconds(50), seconds(8)));
}

void Simulation::fill_disk() {
  if (store_->is_full()) return;
  world_.trace("disk: full");
  store_->set_full(true);
  world_.after(world_.dice().delay(milliseconds(20), seconds(5)), life_, [this] {
    world_.trace("disk: has room again");
    store_->set_full(false);
  });
}

void Simulation::slow_disk() {
  plan_.disk.commit_max = milliseconds(world_.dice().between(50, 800));
  world_.trace("disk: slow");
  world_.after(world_.dice().delay(milliseconds(200), seconds(4)), life_, [this] {
    plan_.disk = DiskTimes{};
    world_.trace("disk: as fast as ever");
  });
}

void Simulation::step_clock() {
  const auto by = seconds(static_cast<std::int64_t>(world_.dice().below(7'200)) - 3'600);
  world_.trace("clock: stepped by %lld s", static_cast<long long>(by.count()));
  world_.clock().step_wall(by);
}

}  // namespace cell0::sim
