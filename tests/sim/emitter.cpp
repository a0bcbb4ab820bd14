#include "tests/sim/emitter.h"

#include "cell0/v1/event.pb.h"
#include "common/link/publisher.h"

namespace cell0::sim {
namespace {

constexpr Duration kTick = milliseconds(250);
constexpr Duration kAnswerTimeout = seconds(5);

// With a source that is missing if it is not valid.
std::string envelope_of(const EventName& name, const char* type, bool valid, std::uint32_t priority,
                        std::size_t bytes) {
  v1::Envelope envelope;
  envelope.set_id(name.id());
  if (valid) envelope.set_source("sim." + std::to_string(name.emitter % 2));
  envelope.set_type(type);
  envelope.set_time_us(1'790'000'000'000'000);
  envelope.set_priority(priority);
  envelope.set_json("{\"p\":\"" + std::string(bytes, 'x') + "\"}");
  return envelope.SerializeAsString();
}

v1::Durability durability_of(std::size_t type) {
  constexpr v1::Durability kDurabilities[] = {v1::DURABLE, v1::DURABLE, v1::RELAXED, v1::EPHEMERAL};
  return kDurabilities[type];
}

}  // namespace

struct Emitter::Run {
  explicit Run(Emitter& owner);

  void push();
  void pump();
  void pump_soon();
  void send(link::PublishWindow::Outgoing out);
  void on_answer(std::uint64_t token, const Result<v1::Response>& answer);
  void tick();

  Emitter& owner;
  World& world;
  ControlLink wire;
  link::ControlSession control;
  link::PublishWindow window;
  Life life;
  std::uint64_t k = 0;
  bool pump_posted = false;
};

Emitter::Run::Run(Emitter& o)
    : owner(o),
      world(o.world_),
      wire(world, o.network_, o.name(), [this](const std::string& bytes) { control.on_message(bytes); }),
      control({.endpoint = "sim", .name = o.name(), .role = "emitter"}, world.clock(), wire),
      window(o.name(), link::new_incarnation(world.clock(), world.dice().random()), o.plan_.publish,
             world.dice().one_in(2) ? link::WhenFull::kRejectNew : link::WhenFull::kDropOldestUnsent,
             world.dice().random()) {
  control.on_state([this](bool connected) {
    if (!connected) return;
    window.connected(control.hello());
    pump_soon();
  });
  control.start();
  tick();
}

void Emitter::Run::tick() {
  control.on_timer();
  world.after(kTick, life, [this] { tick(); });
}

void Emitter::Run::push() {
  Dice& dice = world.dice();
  const EventName name{owner.number_, owner.life_, ++k};
  const std::size_t type = dice.below(std::size(kTypes));
  const bool valid = !dice.one_in(40);
  const std::size_t bytes = dice.one_in(8) ? dice.below(1'500) : dice.below(60);
  const auto priority = static_cast<std::uint32_t>(dice.between(1, 10));
  owner.invariants_.on_pushed(name, durability_of(type));
  const auto taken = window.push(
      envelope_of(name, kTypes[type], valid, priority, bytes),
      [this, name, valid](const link::PublishResult& result) { owner.invariants_.on_result(name, valid, result); });
  if (!taken) owner.invariants_.on_refused(name);
  const auto& limits = owner.plan_.publish;
  if (window.stats().held_events > limits.held_events_max || window.stats().held_bytes > limits.held_bytes_max) {
    throw Violation("memory is bounded", owner.name() + " holds " + std::to_string(window.stats().held_events));
  }
  if (taken) pump_soon();
}

void Emitter::Run::pump_soon() {
  if (std::exchange(pump_posted, true)) return;
  world.after(Duration(0), life, [this] {
    pump_posted = false;
    pump();
  });
}

void Emitter::Run::pump() {
  while (control.connected()) {
    auto out = window.next(world.now());
    if (!out) break;
    send(std::move(*out));
  }
  const auto wake_at = window.wake_at();
  if (wake_at && control.connected()) world.at(std::max(*wake_at, world.now()), life, [this] { pump(); });
}

void Emitter::Run::send(link::PublishWindow::Outgoing out) {
  v1::Request request;
  *request.mutable_publish() = std::move(out.request);
  link::ControlSession::OnAnswer done = [this, token = out.token](const Result<v1::Response>& answer) {
    on_answer(token, answer);
  };
  if (auto taken = control.request(std::move(request), kAnswerTimeout, done); !taken) {
    world.after(Duration(0), life, [this, token = out.token, error = taken.error()] { on_answer(token, error); });
  }
}

void Emitter::Run::on_answer(std::uint64_t token, const Result<v1::Response>& answer) {
  if (!answer)
    window.failed(token, answer.error(), world.now());
  else
    window.answered(token, answer->publish(), world.now());
  pump_soon();
}

Emitter::Emitter(World& world, const Plan& plan, Network& network, Invariants& invariants, std::uint32_t number)
    : world_(world), plan_(plan), network_(network), invariants_(invariants), number_(number) {}

Emitter::~Emitter() = default;

void Emitter::start() {
  ++life_;
  world_.trace("%s: starts", name().c_str());
  run_ = std::make_unique<Run>(*this);
  if (pushing_) push_some();
}

void Emitter::kill() {
  world_.trace("%s: killed", name().c_str());
  run_.reset();
}

void Emitter::push_some() {
  if (!pushing_ || run_ == nullptr) return;
  Dice& dice = world_.dice();
  for (std::uint64_t i = dice.one_in(10) ? dice.between(1, 30) : dice.between(1, 3); i > 0; --i) run_->push();
  world_.after(dice.delay(Duration(0), plan_.push_every * 3), run_->life, [this] { push_some(); });
}

void Emitter::push_last() { run_->push(); }

bool Emitter::idle() const { return run_ != nullptr && run_->window.idle(); }

}  // namespace cell0::sim
