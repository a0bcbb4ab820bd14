#include "tests/sim/broker.h"

#include "broker/chain.h"
#include "broker/control/history_desk.h"
#include "broker/control/publish_desk.h"
#include "broker/intake.h"
#include "broker/topics.h"

namespace cell0::sim {
namespace {

constexpr Duration kTurnMax = microseconds(500);  // from a message to the end of the loop's turn

std::string new_boot_id(Random& random) {
  std::string id(16, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(id.data()), id.size()});
  return id;
}

}  // namespace

struct Broker::Run {
  Run(Broker& owner, std::unique_ptr<RunningLog> running);

  void publish(broker::Drafts& committed);
  void heartbeat();
  void on_request(const std::string& peer, std::string_view bytes);
  void answer_hello(const std::string& peer, std::uint64_t id);
  void end_turn_soon();
  void check_bounds() const;

  Broker& owner;
  World& world;
  const broker::Limits& limits;
  Life life;
  broker::Counters counters;
  std::unique_ptr<RunningLog> log;
  struct CheckedHistory final : broker::History {
    explicit CheckedHistory(Run& r) : run(r) {}
    void page(broker::HistoryQuery query, Done done) override;
    Run& run;
  } history;
  broker::Chain chain;
  broker::Topics topics;
  broker::Intake intake;
  broker::Answers answers;
  broker::PublishDesk publish_desk;
  broker::HistoryDesk history_desk;
  bool turn_ends = false;
};

Broker::Run::Run(Broker& o, std::unique_ptr<RunningLog> running)
    : owner(o),
      world(o.world_),
      limits(o.plan_.broker),
      log(std::move(running)),
      history(*this),
      chain(log->sequencer().start(), new_boot_id(world.dice().random())),
      topics(o.rules_, limits.topics_max),
      intake(limits, o.rules_, topics, log->sequencer(), world.clock()),
      answers([this](std::string_view peer, std::string_view bytes) { return owner.network_.answer(peer, bytes); },
              counters),
      publish_desk(limits, intake, answers, counters, world.clock(), o.log_),
      history_desk(limits, history, chain, answers, counters) {
  log->sequencer().on_committed([this](broker::Drafts& committed) { publish(committed); });
  intake.on_failed([this](broker::Drafts& failed, broker::Drafts& gathered, const Error& error) {
    publish_desk.not_committed(failed, gathered, error);
  });
  intake.on_settled([this](broker::Drafts& drafts, const Result<void>&) { publish_desk.settled(drafts); });
  intake.on_wait([this](Duration time) { world.after(time, life, [this] { intake.waited(); }); });
  for (const broker::OriginNote& origin : log->origins()) {
    publish_desk.restore_origin(origin.emitter_id, origin.incarnation, origin.last_n);
  }
}

void Broker::Run::CheckedHistory::page(broker::HistoryQuery query, Done done) {
  run.log->history().page(query, [this, query, done = std::move(done)](Result<std::string> page) {
    v1::HistoryPage decoded;
    CELL0_CHECK(page.ok() && decoded.ParseFromString(*page));
    run.owner.invariants_.on_page(query, decoded);
    done(std::move(page));
  });
}

// As Fanout::publish.
void Broker::Run::publish(broker::Drafts& committed) {
  Seq last = committed.first().prev();
  for (broker::EventBlock& block : committed.blocks()) {
    last = Seq{last.value + block.events().size()};
    const std::string bytes(chain.link(block, last, world.clock().wall()));
    v1::Batch batch;
    CELL0_CHECK(batch.ParseFromString(bytes));
    world.trace("broker: publishes %llu..%llu", static_cast<unsigned long long>(batch.prev_seq() + 1),
                static_cast<unsigned long long>(batch.last_seq()));
    owner.invariants_.on_published(batch);
    owner.network_.publish(bytes);
  }
}

void Broker::Run::heartbeat() {
  owner.network_.publish(std::string(chain.heartbeat(world.clock().wall())));
  publish_desk.drop_idle();
  log->keep_house();
  world.after(limits.heartbeat_interval, life, [this] { heartbeat(); });
}

void Broker::Run::on_request(const std::string& peer, std::string_view bytes) {
  v1::Request request;
  CELL0_CHECK(request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  if (request.has_hello()) return answer_hello(peer, request.id());
  Result<void> taken;
  if (request.has_publish()) {
    taken = publish_desk.take(peer, request.id(), request.publish().SerializeAsString());
    end_turn_soon();
  } else {
    taken = history_desk.open(peer, request.id(), request.history().SerializeAsString());
  }
  if (!taken) answers.fail(peer, request.id(), taken.error());
  check_bounds();
}

void Broker::Run::answer_hello(const std::string& peer, std::uint64_t id) {
  v1::Response response;
  response.set_id(id);
  v1::HelloAnswer& hello = *response.mutable_hello();
  hello.set_boot_id(chain.boot_id());
  hello.set_start_seq(log->sequencer().start().value);
  hello.set_head_seq(chain.head().value);
  hello.set_event_bytes_max(static_cast<std::uint32_t>(limits.event.event_bytes_max));
  hello.set_publish_events_max(static_cast<std::uint32_t>(limits.publish_events_max));
  hello.set_publish_bytes_max(static_cast<std::uint32_t>(limits.publish_bytes_max));
  answers.send(peer, response);
}

void Broker::Run::end_turn_soon() {
  if (std::exchange(turn_ends, true)) return;
  world.after(world.dice().delay(Duration(0), kTurnMax), life, [this] {
    turn_ends = false;
    intake.end_turn();
  });
}

void Broker::Run::check_bounds() const {
  const bool fine = intake.queued() <= 2 * limits.gathered_events_max &&
                    publish_desk.waiting() <= limits.publishes_max && history_desk.size() <= limits.histories_max;
  if (!fine) throw Violation("memory is bounded", "broker: " + std::to_string(intake.queued()) + " events queued");
}

Broker::Broker(World& world, const Plan& plan, const broker::RuleTable& rules, Network& network, Store& store,
               Invariants& invariants, Log& log)
    : world_(world), plan_(plan), rules_(rules), network_(network), store_(store), invariants_(invariants), log_(log) {}

Broker::~Broker() = default;

Seq Broker::head() const { return run_->chain.head(); }

void Broker::start() {
  auto log = store_.open([this](const std::map<Seq, StoredEvent>& events) { invariants_.on_stored(events); });
  if (!log) {
    world_.trace("broker: cannot start: %s", log.error().text.c_str());
    return;
  }
  const Seq start = (*log)->sequencer().start();
  invariants_.on_broker_start(start);
  run_ = std::make_unique<Run>(*this, std::move(*log));
  world_.trace("broker: starts at %llu", static_cast<unsigned long long>(start.value));
  network_.open([run = run_.get()](const std::string& peer, std::string_view bytes) { run->on_request(peer, bytes); });
  run_->heartbeat();
}

void Broker::kill() {
  world_.trace("broker: killed");
  network_.close();
  run_.reset();
}

void Broker::cut_power() {
  kill();
  store_.cut_power(world_.dice());
  invariants_.on_power_cut();
  world_.trace("broker: and its power was cut");
}

}  // namespace cell0::sim
