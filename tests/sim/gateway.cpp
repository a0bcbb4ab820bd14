#include "tests/sim/gateway.h"

#include <algorithm>
#include <map>

#include "common/uuid.h"
#include "gateway/broker_stream.h"
#include "gateway/hub.h"
#include "gateway/receiver.h"
#include "tests/sim/line_renderer.h"

namespace cell0::sim {
namespace {

constexpr Duration kTick = milliseconds(250);
constexpr unsigned kTicksPerHubTick = 4;

EventName name_of(const gateway::Event& event) { return EventName::of(parse_uuid(event.id()).value().raw()); }

}  // namespace

struct Gateway::Session final : gateway::Receiver {
  Session(World& world, const Plan& plan, gateway::Hub& hub, Client& c)
      : Receiver(socket), client(c), socket(world, plan.socket_bytes, [this, &hub] { hub.on_writable(*this); }) {}

  Client& client;
  ClientSocket socket;
};

struct Gateway::Run final : gateway::LinkObserver, gateway::HistorySource {
  explicit Run(Gateway& owner);
  ~Run() override;

  // LinkObserver
  void on_beginning(gateway::Beginning beginning) override;
  void on_event(gateway::EventPtr event) override;
  void on_link_state(bool up) override;
  // HistorySource
  void ask(const v1::HistoryRequest& request, OnPage done) override;

  void on_batch(const std::string& bytes);
  void on_wake(gateway::Hub::Wake what);
  void tick();
  void note_gap();
  void check_bounds() const;
  void check_gap(const gateway::Event& hole) const;
  void subscribe(Session& session, std::optional<Seq> since);
  bool may_be_lost(const Client& client, Seq since) const;

  Gateway& owner;
  World& world;
  const gateway::CoreLimits& limits;
  Life life;
  LineRenderer renderer;
  ControlLink wire;
  link::ControlSession control;
  gateway::BrokerStream stream;
  gateway::Hub hub;
  FanoutLink fanout;
  std::map<const Client*, std::unique_ptr<Session>> sessions;
  StreamView view;
  std::vector<Client*> waiting_for_start;  // subscribed before the stream began
  bool begun = false;
  std::optional<MonoTime> gap_since;
  std::size_t held_at_most = 0;  // bytes, by the last batch
  unsigned ticks = 0;
};

Gateway::Run::Run(Gateway& o)
    : owner(o),
      world(o.world_),
      limits(o.plan_.gateway),
      wire(world, o.network_, o.name(), [this](const std::string& bytes) { control.on_message(bytes); }),
      control({.endpoint = "sim", .name = o.name(), .role = "gateway"}, world.clock(), wire),
      stream("sim", *this, limits, world.clock(), o.log_, *this),
      hub(limits, *this, [this](gateway::Hub::Wake what) { on_wake(what); }),
      fanout(world, o.network_, o.name(), [this](const std::string& bytes) { on_batch(bytes); }),
      view(o.name(), o.invariants_) {
  control.on_state([this](bool connected) { stream.on_control(connected); });
  control.start();
  tick();
}

Gateway::Run::~Run() {
  for (const auto& [client, session] : sessions) hub.remove(*session);
}

void Gateway::Run::on_batch(const std::string& bytes) {
  held_at_most = stream.chain().held_bytes() + bytes.size();
  stream.on_batch(bytes);
  note_gap();
  check_bounds();
}

// To be called after whatever may have opened or closed a gap: also the stream may begin with one.
void Gateway::Run::note_gap() {
  if (!stream.chain().missing()) gap_since.reset();
  if (stream.chain().missing() && !gap_since) gap_since = world.now();
}

void Gateway::Run::tick() {
  control.on_timer();
  stream.on_tick();
  note_gap();
  if (++ticks % kTicksPerHubTick == 0) hub.on_tick();
  world.after(kTick, life, [this] { tick(); });
}

// As BrokerLink::ask.
void Gateway::Run::ask(const v1::HistoryRequest& request, OnPage done) {
  v1::Request body;
  *body.mutable_history() = request;
  link::ControlSession::OnAnswer answered = [this, done](Result<v1::Response> response) {
    if (!response) return done(response.error());
    done(std::move(*response->mutable_history()));
    note_gap();
    check_bounds();
  };
  if (auto taken = control.request(std::move(body), limits.page_timeout, answered); !taken) {
    world.after(Duration(0), life, [done, error = taken.error()] { done(error); });
  }
}

void Gateway::Run::on_beginning(gateway::Beginning beginning) {
  world.trace("%s: begins after %llu", owner.name().c_str(), static_cast<unsigned long long>(beginning.head.value));
  owner.invariants_.on_beginning(owner.name(), beginning);
  begun = true;
  view.begin(EventFilter(), beginning.head);
  for (Client* client : waiting_for_start) client->view_.begin(client->filter_, beginning.head);
  waiting_for_start.clear();
  hub.start(beginning.base, beginning.head, beginning.ring);
}

void Gateway::Run::on_event(gateway::EventPtr event) {
  if (event->is_hole()) {
    world.trace("%s: lost %llu-%llu, %s", owner.name().c_str(),
                static_cast<unsigned long long>(event->hole_from().value),
                static_cast<unsigned long long>(event->seq().value), to_string(event->hole_reason()));
    check_gap(*event);
    view.see_skipped({event->hole_from(), event->seq(), 0, std::nullopt, event->hole_reason()});
  } else {
    view.see_event(event->seq(), name_of(*event));
  }
  hub.publish(std::move(event));
}

// Events are given up only when history does not have them, or cannot say so for as long as was agreed.
void Gateway::Run::check_gap(const gateway::Event& hole) const {
  const Facts& facts = owner.invariants_.facts();
  if (hole.hole_reason() == gateway::SkipReason::kNotRetained) {
    for (auto it = facts.lower_bound(hole.hole_from()); it != facts.end() && it->first <= hole.seq(); ++it) {
      if (!owner.invariants_.is_held(it->first)) continue;
      throw Violation("a gateway loses nothing that the log has",
                      owner.name() + ": event " + std::to_string(it->first.value) + " is in the log and is given up");
    }
    return;
  }
  const bool too_long = gap_since && world.now() - *gap_since >= limits.hold_max;
  const bool too_much = held_at_most > limits.hold_bytes_max;
  if (!too_long && !too_much) {
    throw Violation("a gateway loses nothing that the log has", owner.name() + ": a gap is given up early");
  }
}

void Gateway::Run::on_link_state(bool up) { world.trace("%s: link is %s", owner.name().c_str(), up ? "up" : "down"); }

void Gateway::Run::on_wake(gateway::Hub::Wake what) {
  const Duration delay = world.dice().one_in(4) ? world.dice().delay(Duration(0), milliseconds(10)) : Duration(0);
  world.after(delay, life, [this, what] {
    what == gateway::Hub::Wake::kFlush ? hub.flush() : hub.run();
    check_bounds();
  });
}

void Gateway::Run::check_bounds() const {
  const std::string& who = owner.name();
  if (hub.ring().size() > limits.ring_events_max) throw Violation("memory is bounded", who + ": the ring's events");
  if (hub.ring().bytes() > limits.ring_bytes_max && hub.ring().size() > 1) {
    throw Violation("memory is bounded", who + ": the ring's bytes");
  }
  if (stream.chain().held_bytes() > limits.hold_bytes_max + 64 * 1024) {
    throw Violation("memory is bounded", who + ": held batches");
  }
  const std::size_t client_max = std::max(limits.turn_bytes_max, 2 * limits.cursor_chunk_bytes) + 16 * 1024;
  for (const auto& [client, session] : sessions) {
    if (session->socket.pending_bytes() <= client_max) continue;
    throw Violation("memory is bounded", who + ": " + client->name() + " has " +
                                             std::to_string(session->socket.pending_bytes()) + " bytes waiting");
  }
}

// ---- clients

void Gateway::Run::subscribe(Session& session, std::optional<Seq> since) {
  Client& client = session.client;
  if (since) {
    client.view_.begin(client.filter_, *since);
    const auto done = [this, &session, since](const gateway::Resumed& resumed) {
      const bool future = *since > owner.invariants_.newest();
      if (future) session.client.view_.begin(session.client.filter_, hub.ring().newest());
      if (!resumed.recovered && !may_be_lost(session.client, *since)) {
        throw Violation("nobody is told of a loss that is none",
                        session.client.name() + " since " + std::to_string(since->value));
      }
      std::string line;
      renderer.resumed(line, resumed);
      session.socket.send_reply(line);
    };
    CELL0_CHECK(hub.resume(session, renderer, client.filter_, *since, done).ok());
    return;
  }
  if (begun)
    client.view_.begin(client.filter_, hub.ring().newest());
  else
    waiting_for_start.push_back(&client);
  CELL0_CHECK(hub.subscribe(session, renderer, client.filter_).ok());
}

bool Gateway::Run::may_be_lost(const Client& client, Seq since) const {
  if (owner.invariants_.trimmed_through(client.filter_) > since || since > owner.invariants_.newest()) return true;
  for (std::size_t i = hub.ring().index_after(since); i < hub.ring().size(); ++i) {
    if (hub.ring().at(i)->is_hole()) return true;
  }
  return false;
}

Gateway::Gateway(World& world, const Plan& plan, Network& network, Invariants& invariants, Log& log,
                 std::uint32_t number)
    : world_(world), plan_(plan), network_(network), invariants_(invariants), log_(log), number_(number) {}

Gateway::~Gateway() = default;

bool Gateway::is_ready() const { return run_ != nullptr && run_->stream.up(); }
Seq Gateway::last() const { return run_->stream.chain().last(); }
std::string Gateway::why_not_ready() const { return run_ == nullptr ? "down" : run_->stream.why_down(); }

bool Gateway::is_live(const Client& client) const {
  const auto found = run_->sessions.find(&client);
  return found != run_->sessions.end() && found->second->live() && found->second->socket.drained();
}

void Gateway::start() {
  world_.trace("%s: starts", name().c_str());
  run_ = std::make_unique<Run>(*this);
}

void Gateway::kill() {
  world_.trace("%s: killed", name().c_str());
  std::vector<Client*> clients;
  for (const auto& [client, session] : run_->sessions) clients.push_back(&session->client);
  run_.reset();
  std::sort(clients.begin(), clients.end(), [](const Client* a, const Client* b) { return a->number_ < b->number_; });
  for (Client* client : clients) client->on_lost();
}

void Gateway::accept(Client& client, std::optional<Seq> since) {
  auto session = std::make_unique<Session>(world_, plan_, run_->hub, client);
  Session& accepted = *session;
  run_->sessions[&client] = std::move(session);
  run_->subscribe(accepted, since);
}

void Gateway::forget(Client& client) {
  const auto found = run_->sessions.find(&client);
  run_->hub.remove(*found->second);
  std::erase(run_->waiting_for_start, &client);
  run_->sessions.erase(found);
}

std::string Gateway::read(Client& client, std::size_t count) { return run_->sessions.at(&client)->socket.read(count); }

}  // namespace cell0::sim
