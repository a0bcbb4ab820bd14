#include "gateway/broker_stream.h"

#include <algorithm>

#include "common/control_topics.h"
#include "gateway/history_reader.h"

namespace cell0::gateway {
namespace {

constexpr std::uint32_t kRingAtStart = 2'000;  // events

// Between the ring's events nothing is missing that was stored; but some may have been trimmed.
void take_ring(const v1::HistoryPage& page, Beginning& beginning) {
  beginning.ring = events_of(page);
  if (beginning.ring.empty()) return;
  const Seq complete_after = std::max(beginning.ring.front()->seq().prev(), Seq{page.trimmed_through()});
  beginning.base = std::min(complete_after, beginning.head);
}

v1::HistoryRequest newest_of_all(std::uint32_t limit) {
  v1::HistoryRequest request;
  request.set_limit(limit);
  request.set_newest(true);
  return request;
}

}  // namespace

struct BrokerStream::Loading {
  Beginning beginning;
  std::size_t open = 1;
  bool failed = false;
};

BrokerStream::BrokerStream(std::string fanout, HistorySource& history, const CoreLimits& limits, const Clock& clock,
                           Log& log, LinkObserver& observer)
    : fanout_(std::move(fanout)),
      history_(history),
      limits_(limits),
      clock_(clock),
      log_(log),
      observer_(observer),
      chain_({limits.hold_max, limits.hold_bytes_max}) {}

void BrokerStream::on_batch(std::string_view bytes) {
  v1::Batch batch;
  if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    ++malformed_;
    return;
  }
  ++batches_;
  seen_batch_ = true;
  last_batch_ = clock_.mono();
  for (const v1::Delivered& event : batch.events()) {
    if (event.topic() == kRevokedTopic) observer_.on_revoked(event);
  }
  chain_.on_batch(std::move(batch), last_batch_, ready_);
  deliver();
  if (!chain_.started()) load_beginning();
  repair();
  if (!up_) judge();
}

void BrokerStream::on_control(bool connected) {
  connected_ = connected;
  load_beginning();
  judge();
}

void BrokerStream::on_tick() {
  chain_.on_tick(clock_.mono(), ready_);
  deliver();
  load_beginning();
  repair();
  judge();
}

void BrokerStream::deliver() {
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

void BrokerStream::load_beginning() {
  const auto through = chain_.first_prev();
  if (chain_.started() || loading_ != nullptr || !through || !connected_) return;
  loading_ = std::make_shared<Loading>();
  loading_->beginning.base = loading_->beginning.head = *through;
  const auto wanted = observer_.wanted();
  loading_->beginning.openings.resize(wanted.size());
  if (through->value == 0) return on_loaded(std::shared_ptr<Loading>(loading_));  // a new system: nothing was before
  loading_->open = 1 + wanted.size();
  load(newest_of_all(kRingAtStart), *through, limits_.ring_bytes_max, &take_ring);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    load(wanted[i], *through, limits_.history_bytes_max,
         [i](const v1::HistoryPage& page, Beginning& beginning) { beginning.openings[i] = events_of(page); });
  }
}

void BrokerStream::load(v1::HistoryRequest request, Seq through, std::size_t bytes_max, Take take) {
  request.set_through(through.value);
  read_history(history_, request, bytes_max,
               [this, loading = loading_, take = std::move(take)](Result<v1::HistoryPage> page) {
                 loading->failed = loading->failed || !page;
                 if (page) take(*page, loading->beginning);
                 on_loaded(loading);
               });
}

void BrokerStream::on_loaded(const std::shared_ptr<Loading>& loading) {
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

void BrokerStream::repair() {
  const auto missing = chain_.missing();
  if (!missing || repairing_ || !connected_) return;
  repairing_ = true;
  v1::HistoryRequest request;
  request.set_since(missing->since.value);
  request.set_through(missing->through.value);
  history_.ask(request, [this, asked = *missing](Result<v1::HistoryPage> page) {
    repairing_ = false;
    if (!page) return;  // on_tick() asks again, until the hold's bound
    for (const v1::Delivered& event : page->events()) {
      if (event.topic() == kRevokedTopic) observer_.on_revoked(event);
    }
    chain_.on_page(asked, *page, clock_.mono(), ready_);
    deliver();
    repair();
  });
}

// ---- state

bool BrokerStream::fresh() const { return seen_batch_ && clock_.mono() - last_batch_ < limits_.link_silence_max; }

void BrokerStream::judge() {
  const bool up = fresh() && connected_ && chain_.started();
  if (up == up_) return;
  up_ = up;
  if (up) {
    log_.info("the broker link is up", {{"fanout", fanout_}});
  } else {
    log_.warn("the broker link is down", {{"why", why_down()}});
  }
  observer_.on_link_state(up);
}

std::string BrokerStream::why_down() const {
  if (up_) return "";
  if (!seen_batch_) return "broker link: nothing has come from " + fanout_ + " yet";
  if (!fresh()) {
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.mono() - last_batch_);
    return "broker link: nothing from " + fanout_ + " for " + std::to_string(silent.count()) + " ms";
  }
  return "broker link: loading what came before";
}

}  // namespace cell0::gateway
