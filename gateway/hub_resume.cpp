// How the hub finds out what a resumed client will get: the first and the last event, in pages of history and in the
// ring, and whether something is gone.
#include <algorithm>

#include "gateway/hub.h"

namespace cell0::gateway {

// True when the client has been told what it will get, and its cursor can go on; else it waits for history.
bool Hub::plan_resume(Receiver& client) {
  const Seq head = ring_.newest();
  PendingResume& resume = *client.resume_;
  if (resume.since > head) {
    if (!resume.is_future) {
      place(client, Receiver::Place::kParked);
      ask_head();
      return false;
    }
    resume.found.recovered = false;  // of another fabric, or of the future
    client.cursor_->pos = head;
  } else {
    if (!find_first(client) || !find_last(client)) {
      place(client, Receiver::Place::kWaiting);
      return false;
    }
    client.cursor_->promised = std::max(client.cursor_->promised, head);
  }
  const auto finished = std::move(client.resume_);
  finished->done(finished->found);
  return true;
}

// Resumes ahead of this gateway wait in parked_. Another gateway may have been ahead of this one, by a repair even;
// whether they come from further ahead than that, the broker knows. One question at a time: who comes while it is open
// is asked for at the next tick.
void Hub::ask_head() {
  if (std::exchange(head_asked_, true)) return;
  std::vector<std::weak_ptr<PendingResume>> ahead;
  for (const Receiver* client : parked_) {
    if (client->resume_ != nullptr) ahead.emplace_back(client->resume_);
  }
  v1::HistoryRequest request;
  request.set_since(ring_.newest().value);
  request.set_through(std::max<std::uint64_t>(1, ring_.newest().value));
  request.set_limit(1);
  history_.ask(request, [this, ahead = std::move(ahead),
                         alive = std::weak_ptr<bool>(alive_)](const Result<v1::HistoryPage>& page) {
    if (!alive.expired()) on_head(ahead, page);
  });
}

void Hub::on_head(const std::vector<std::weak_ptr<PendingResume>>& ahead, const Result<v1::HistoryPage>& page) {
  if (page) {
    for (const auto& weak : ahead) {
      if (const auto resume = weak.lock()) resume->is_future = resume->since.value > page->head_seq();
    }
    advance_parked();  // asks nothing more before the next tick
  }
  head_asked_ = false;
}

// The first event that will be sent, and whether something before it is gone. False: history has to answer first.
bool Hub::find_first(Receiver& client) {
  PendingResume& resume = *client.resume_;
  SubscriptionSet& set = *client.set_;
  while (!resume.found.first && !ring_.covers(resume.scanned)) {
    const Page* page = pages_.find(set.filter, resume.scanned);
    if (page == nullptr) {
      pages_.want(set.filter, resume.scanned, ring_.newest());
      return false;
    }
    if (page->trimmed_through > resume.since) resume.found.recovered = false;
    client.cursor_->trimmed_told = std::max(client.cursor_->trimmed_told, page->trimmed_through);
    const Seq through = std::min(page->through, ring_.base());  // as the cursor reads: from there on, the ring
    for (const EventPtr& event : page->events) {
      if (event->seq() <= resume.scanned || event->seq() > through) continue;
      if (!resume.found.first) resume.found.first = event->seq();
      resume.found.last = event->seq();
    }
    resume.scanned = through;
  }
  return true;
}

// The last one: of the ring, or if the ring has none of history.
bool Hub::find_last(Receiver& client) {
  PendingResume& resume = *client.resume_;
  SubscriptionSet& set = *client.set_;
  const bool history_is_behind = !ring_.covers(resume.scanned);
  const auto before = resume.found.last;
  scan_ring(set, std::max(resume.since, ring_.base()), resume.found);
  if (!history_is_behind || resume.found.last != before) return true;
  // What has left the ring since history was asked was looked at while it was there.
  if (!set.newest || set.newest->through < set.scanned->from) {
    ask_newest(set);
    return false;
  }
  for (const std::optional<Seq> last : {set.newest->last, set.scanned->last}) {
    if (last && *last > resume.since) resume.found.last = std::max(resume.found.last, last);
  }
  return true;
}

void Hub::scan_ring(SubscriptionSet& set, Seq after, Resumed& found) const {
  const bool usable = set.scanned && set.scanned->from <= after && ring_.covers(set.scanned->through);
  if (!usable) set.scanned = ScannedRing{after, after, {}, {}};
  ScannedRing& scanned = *set.scanned;
  for (std::size_t i = ring_.index_after(scanned.through); i < ring_.size(); ++i) {
    const Event& event = *ring_.at(i);
    if (event.is_hole() || !set.filter.admits(event.facts())) continue;
    if (!scanned.first) scanned.first = event.seq();
    scanned.last = event.seq();
  }
  scanned.through = ring_.newest();

  if (ring_.newest_hole() > after) found.recovered = false;
  if (!scanned.last || *scanned.last <= after) return;
  found.last = scanned.last;
  if (!found.first) found.first = *scanned.first > after ? scanned.first : first_admitted(set, after);
}

std::optional<Seq> Hub::first_admitted(const SubscriptionSet& set, Seq after) const {
  for (std::size_t i = ring_.index_after(after); i < ring_.size(); ++i) {
    const Event& event = *ring_.at(i);
    if (!event.is_hole() && set.filter.admits(event.facts())) return event.seq();
  }
  return std::nullopt;
}

void Hub::ask_newest(SubscriptionSet& set) {
  if (std::exchange(set.newest_asked, true)) return;
  v1::HistoryRequest request;
  *request.mutable_filter() = set.filter.proto();
  request.set_through(ring_.base().value);
  request.set_limit(1);
  request.set_newest(true);
  history_.ask(request, [this, key = set.key, through = ring_.base(),
                         alive = std::weak_ptr<bool>(alive_)](const Result<v1::HistoryPage>& page) {
    if (!alive.expired()) on_newest(key, through, page);
  });
}

void Hub::on_newest(const std::string& set_key, Seq through, const Result<v1::HistoryPage>& page) {
  const auto found = sets_.find(set_key);
  if (found == sets_.end()) return;
  SubscriptionSet& set = *found->second;
  set.newest_asked = false;
  if (!page) return;  // on_tick() asks again
  set.newest = NewestStored{through, std::nullopt};
  if (page->events_size() > 0) set.newest->last = Seq{page->events(0).seq()};
  advance_waiting(set);
}

}  // namespace cell0::gateway
