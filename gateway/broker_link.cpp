#include "gateway/broker_link.h"

#include <algorithm>

#include "gateway/history_reader.h"

namespace cell0::gateway {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr std::uint32_t kRingAtStart = 2'000;  // events

std::vector<EventPtr> decode(const v1::HistoryPage& page) {
  std::vector<EventPtr> events;
  for (const v1::Delivered& delivered : page.events()) {
    if (auto event = Event::create(delivered)) events.push_back(std::move(event).value());
  }
  return events;
}

// Between the ring's events nothing is missing that was stored; but some may have been trimmed.
void take_ring(const v1::HistoryPage& page, Beginning& beginning) {
  beginning.ring = decode(page);
  if (beginning.ring.empty()) return;
  const Seq complete_after = std::max(beginning.ring.front()->seq().prev(), Seq{page.trimmed_through()});
  beginning.base = std::min(complete_after, beginning.head);
}

v1::HistoryRequest newest_before(Seq through, std::uint32_t limit, v1::Audience audience) {
  v1::HistoryRequest request;
  request.mutable_filter()->set_audience(audience);
  request.set_through(through.value);
  request.set_limit(limit);
  request.set_newest(true);
  return request;
}

}  // namespace

struct BrokerLink::Loading {
  Beginning beginning;
  int open = 2;
  bool failed = false;
};

Result<std::unique_ptr<BrokerLink>> BrokerLink::create(asio::io_context& io, link::Context& context,
                                                       link::ControlClient& control, const LinkConfig& config,
                                                       const CoreLimits& limits, const Clock& clock, Log& log,
                                                       LinkObserver& observer) {
  std::unique_ptr<BrokerLink> made(new BrokerLink(io, control, config, limits, clock, log, observer));
  link::SocketOptions options;
  options.queue_messages_max = 100'000;  // a gateway that is busy for a moment should not lose its place
  auto fanout = link::Socket::create(io, context, link::SocketType::kSub, options);
  if (!fanout) return fanout.error();
  if (auto connected = (*fanout)->connect(config.fanout); !connected) {
    return Error{connected.error().code, "link.fanout: " + connected.error().text};
  }
  made->fanout_ = std::move(fanout).value();
  return made;
}

BrokerLink::BrokerLink(asio::io_context& io, link::ControlClient& control, const LinkConfig& config,
                       const CoreLimits& limits, const Clock& clock, Log& log, LinkObserver& observer)
    : control_(control),
      config_(config),
      limits_(limits),
      clock_(clock),
      log_(log),
      observer_(observer),
      timer_(io),
      chain_({limits.hold_max, limits.hold_bytes_max}) {}

BrokerLink::~BrokerLink() { *alive_ = false; }

void BrokerLink::start() {
  control_.on_state([this, alive = alive_](bool) {
    if (!*alive) return;
    load_beginning();
    judge();
  });
  fanout_->start([this](link::FrameViews frames) { on_fanout(frames); });
  schedule_tick();
}

void BrokerLink::schedule_tick() {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(kTick));
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    on_tick();
    schedule_tick();
  });
}

void BrokerLink::on_fanout(link::FrameViews frames) {
  v1::Batch batch;
  if (frames.size() != 2 || !batch.ParseFromArray(frames[1].data(), static_cast<int>(frames[1].size()))) {
    ++malformed_;
    return;
  }
  ++batches_;
  seen_batch_ = true;
  last_batch_ = clock_.mono();
  chain_.on_batch(std::move(batch), last_batch_, ready_);
  deliver();
  if (!chain_.started()) load_beginning();
  repair();
  if (!up_) judge();
}

void BrokerLink::on_tick() {
  chain_.on_tick(clock_.mono(), ready_);
  deliver();
  load_beginning();
  repair();
  judge();
}

void BrokerLink::deliver() {
  if (ready_.empty()) return;
  std::vector<EventPtr> events;
  events.swap(ready_);
  for (EventPtr& event : events) {
    if (event->is_hole()) {
      log_.warn("events are lost", {{"from_seq", event->hole_from().value},
                                    {"to_seq", event->seq().value},
                                    {"reason", to_string(event->hole_reason())}});
    }
    observer_.on_event(std::move(event));
  }
}

// ---- the beginning

void BrokerLink::load_beginning() {
  const auto through = chain_.first_prev();
  if (chain_.started() || loading_ != nullptr || !through || !control_.connected()) return;
  loading_ = std::make_shared<Loading>();
  loading_->beginning.base = loading_->beginning.head = *through;
  if (through->value == 0) {  // a new system: nothing was before
    loading_->open = 1;
    return on_loaded(std::shared_ptr<Loading>(loading_));
  }
  read_history(*this, newest_before(*through, kRingAtStart, v1::AUDIENCE_ANY), limits_.ring_bytes_max,
               [this, loading = loading_](Result<v1::HistoryPage> page) {
                 loading->failed = loading->failed || !page;
                 if (page) take_ring(*page, loading->beginning);
                 on_loaded(loading);
               });
  const auto opening_events = static_cast<std::uint32_t>(limits_.opening_events);
  read_history(*this, newest_before(*through, opening_events, v1::AUDIENCE_CELL0D), limits_.history_bytes_max,
               [this, loading = loading_](Result<v1::HistoryPage> page) {
                 loading->failed = loading->failed || !page;
                 if (page) loading->beginning.opening = decode(*page);
                 on_loaded(loading);
               });
}

void BrokerLink::on_loaded(const std::shared_ptr<Loading>& loading) {
  if (--loading->open > 0) return;
  loading_.reset();
  if (loading->failed) return;  // on_tick() begins again
  Beginning& beginning = loading->beginning;
  const Seq head = beginning.head;
  const std::size_t ring_events = beginning.ring.size();
  observer_.on_beginning(std::move(beginning));
  chain_.start_at(head, clock_.mono(), ready_);
  log_.info("the stream begins", {{"seq", head.value}, {"ring_events", ring_events}});
  deliver();
  repair();
  judge();
}

// ---- gaps

void BrokerLink::repair() {
  const auto missing = chain_.missing();
  if (!missing || repairing_ || !control_.connected()) return;
  repairing_ = true;
  v1::HistoryRequest request;
  request.set_since(missing->since.value);
  request.set_through(missing->through.value);
  ask(request, [this, asked = *missing](Result<v1::HistoryPage> page) {
    repairing_ = false;
    if (!page) return;  // on_tick() asks again, until the hold's bound
    chain_.on_page(asked, *page, clock_.mono(), ready_);
    deliver();
    repair();
  });
}

void BrokerLink::ask(const v1::HistoryRequest& request, OnPage done) {
  v1::Request body;
  *body.mutable_history() = request;
  control_.request(std::move(body), limits_.page_timeout,
                   [alive = alive_, done = std::move(done)](Result<v1::Response> response) {
                     if (!*alive) return;
                     if (!response) return done(response.error());
                     if (!response->has_history()) {
                       return done(Error{ErrorCode::kInternal, "the broker answered something else than history"});
                     }
                     done(std::move(*response->mutable_history()));
                   });
}

// ---- state

bool BrokerLink::fresh() const { return seen_batch_ && clock_.mono() - last_batch_ < limits_.link_silence_max; }

void BrokerLink::judge() {
  const bool up = fresh() && control_.connected() && chain_.started();
  if (up == up_) return;
  up_ = up;
  if (up) {
    log_.info("the broker link is up", {{"fanout", config_.fanout}});
  } else {
    log_.warn("the broker link is down", {{"why", why_down()}});
  }
  observer_.on_link_state(up);
}

std::string BrokerLink::why_down() const {
  if (up_) return "";
  if (!control_.connected()) return "broker link: " + control_.unavailable().text;
  if (!seen_batch_) return "broker link: nothing has come from " + config_.fanout + " yet";
  if (!fresh()) {
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.mono() - last_batch_);
    return "broker link: nothing from " + config_.fanout + " for " + std::to_string(silent.count()) + " ms";
  }
  return "broker link: loading what came before";
}

}  // namespace cell0::gateway
