#include "gateway/hub.h"

#include <algorithm>

#include "gateway/lag.h"

namespace cell0::gateway {
namespace {

// Of one cursor before the others and the rest of the loop get their turn.
constexpr int kSlicesPerPump = 4;

// Slices kept for other cursors at the same place, and what one may weigh to be kept: 4 MiB at the most.
constexpr std::size_t kSharedSlicesMax = 64;
constexpr std::size_t kSharedSliceBytesMax = 64u << 10;

// Of a set between two turns: with the most sets there may be, 64 MiB.
constexpr std::size_t kTurnCapacityKept = 64u << 10;

}  // namespace

Hub::Hub(const CoreLimits& limits, HistorySource& history, OnWake on_wake)
    : limits_(limits),
      on_wake_(std::move(on_wake)),
      ring_(limits.ring_events_max, limits.ring_bytes_max),
      history_(history),
      pages_(history, limits.pages_max, limits.pages_asked_max,
             [this](const std::string& filter, bool failed) { on_pages(filter, failed); }) {}

void Hub::start(Seq base, Seq head, const std::vector<EventPtr>& earlier) {
  CELL0_CHECK(!started_);
  started_ = true;
  ring_.reset(base, head, earlier);
  flushed_ = head;
  for (SubscriptionSet* set : set_list_) {
    for (Receiver* client : set->waiting) {
      if (client->resume_ == nullptr) client->cursor_->pos = head;
    }
  }
  on_tick();
}

// ---- the stream comes in

void Hub::publish(EventPtr event) {
  CELL0_CHECK(started_);
  const Event& published = *event;
  ring_.push(std::move(event));
  if (!published.is_hole()) ++stats_.events;
  for (Rendered& rendered : rendered_) rendered.done = false;
  bool full = false;
  for (SubscriptionSet* set : published.is_hole() ? set_list_ : general_) full |= offer(*set, published);
  if (!published.is_hole()) {
    if (const auto found = by_topic_.find(published.topic()); found != by_topic_.end()) {
      for (SubscriptionSet* set : found->second) full |= offer(*set, published);
    }
    if (const auto found = by_session_.find(published.session_id()); found != by_session_.end()) {
      for (SubscriptionSet* set : found->second) full |= offer(*set, published);
    }
  }
  if (full) flush();
  wake(Wake::kFlush);  // also if there is nothing more to write: our owner waits for it
}

// True if its turn is full.
bool Hub::offer(SubscriptionSet& set, const Event& event) {
  if (set.live.empty()) return false;
  if (!event.is_hole() && !set.filter.admits(event.facts())) return false;
  set.turn += rendered(*set.renderer, event);
  ++set.turn_events;
  if (!std::exchange(set.due, true)) due_.push_back(&set);
  return set.turn.size() > limits_.turn_bytes_max;
}

const std::string& Hub::rendered(const Renderer& renderer, const Event& event) {
  auto found = std::find_if(rendered_.begin(), rendered_.end(),
                            [&](const Rendered& rendered) { return rendered.renderer == &renderer; });
  if (found == rendered_.end()) found = rendered_.insert(rendered_.end(), Rendered{&renderer, {}, false});
  if (!found->done) {
    found->frames.clear();
    render(renderer, found->frames, event);
    found->done = true;
  }
  return found->frames;
}

void Hub::wake(Wake what) {
  bool& asked = what == Wake::kFlush ? flush_asked_ : run_asked_;
  if (asked) return;
  asked = true;
  on_wake_(what);
}

// ---- live clients

void Hub::flush() {
  flush_asked_ = false;
  if (flushed_ == ring_.newest()) return;
  ++stats_.flushes;
  for (SubscriptionSet* set : due_) flush_set(*set);
  due_.clear();
  flushed_ = ring_.newest();
  advance_parked();
}

void Hub::advance_parked() {
  std::vector<Receiver*> parked;
  parked.swap(parked_);
  for (Receiver* client : parked) client->place_ = Receiver::Place::kNone;
  for (Receiver* client : parked) advance(*client);
}

void Hub::flush_set(SubscriptionSet& set) {
  const BlobPtr blob = BlobPtr::copy(set.turn);
  const Seq head = ring_.newest();
  for (std::size_t i = set.live.size(); i-- > 0;) {  // backwards: demote() moves the last one here
    Receiver& client = *set.live[i];
    const std::size_t taken = client.outlet_.idle() ? client.outlet_.write_blob(blob) : 0;
    if (taken > 0) stats_.deliveries += set.turn_events;
    if (taken < blob.size()) demote(client, taken == 0 ? flushed_ : head);
  }
  set.due = false;
  set.turn_events = 0;
  set.turn.clear();
  if (set.turn.capacity() > kTurnCapacityKept) std::string().swap(set.turn);
}

// A live client whose socket is full goes on as a cursor after what it has been given.
void Hub::demote(Receiver& client, Seq pos) {
  ++stats_.demotions;
  place(client, Receiver::Place::kNone);
  client.cursor_ = std::make_unique<Cursor>(Cursor{.pos = pos});
  if (client.keeps_all_) client.cursor_->promised = kSeqMax;
}

// ---- cursors

void Hub::on_writable(Receiver& client) {
  if (client.set_ != nullptr && client.place_ == Receiver::Place::kNone && client.resume_ == nullptr) pump(client);
}

void Hub::run() {
  run_asked_ = false;
  std::vector<Receiver*> queued;
  queued.swap(queued_);
  for (Receiver* client : queued) client->place_ = Receiver::Place::kNone;
  for (Receiver* client : queued) pump(*client);
}

// Sends what the cursor may send now, and puts the client where it waits for the next thing.
void Hub::pump(Receiver& client) {
  CELL0_CHECK(client.cursor_ != nullptr && client.place_ == Receiver::Place::kNone);
  for (int slice = 0; client.outlet_.idle(); ++slice) {
    if (client.cursor_->pos >= flushed_) {
      // What was published since the last flush is in its set's turn only if somebody of the set was live then.
      if (ring_.newest() > flushed_) return place(client, Receiver::Place::kParked);
      client.cursor_.reset();
      return place(client, Receiver::Place::kLive);
    }
    if (slice == kSlicesPerPump) {
      place(client, Receiver::Place::kQueued);
      return wake(Wake::kRun);
    }
    if (!send_slice(client)) return;
  }
}

// False: it waits, for history or for its socket. The cursor moves only when the socket has taken something.
bool Hub::send_slice(Receiver& client) {
  if (find_shared(client) != nullptr) return send_shared(client);
  Slice slice;
  slice.after = *client.cursor_;
  const bool from_ring = ring_.covers(slice.after.pos);
  if (from_ring) {
    read_ring(*client.set_, slice);
  } else if (slice.after.pos < slice.after.promised) {
    read_page(*client.set_, slice);
  } else {
    tell(*client.set_, slice, {slice.after.pos.next(), ring_.base(), 0, std::nullopt, SkipReason::kSlow});
    slice.after.pos = ring_.base();
  }
  if (slice.waits) {
    place(client, Receiver::Place::kWaiting);
    return false;
  }
  const BlobPtr blob = slice.frames.empty() ? BlobPtr() : BlobPtr::copy(slice.frames);
  share(client, slice, blob);
  if (blob) {
    if (client.outlet_.write_blob(blob) == 0) return false;
    stats_.deliveries += slice.events;
    stats_.events_skipped += slice.skipped;
    if (slice.told) ++stats_.skips_told;
    client.skipped_ += slice.skipped;
    client.notices_ += slice.told ? 1 : 0;
  }
  *client.cursor_ = slice.after;
  return true;
}

// ---- slices that several cursors are sent

// Not for one that is to be told something first, or has events left out.
const Hub::SharedSlice* Hub::find_shared(const Receiver& client) const {
  const Cursor& cursor = *client.cursor_;
  const bool from_ring = ring_.covers(cursor.pos);
  if (from_ring ? may_be_behind(cursor) : cursor.pos >= cursor.promised) return nullptr;
  for (const SharedSlice& shared : shared_) {
    if (shared.set != client.set_->id || shared.from_ring != from_ring) continue;
    if (shared.from <= cursor.pos && cursor.pos < shared.first) return &shared;
  }
  return nullptr;
}

bool Hub::send_shared(Receiver& client) {
  const SharedSlice shared = *find_shared(client);
  if (shared.frames && client.outlet_.write_blob(shared.frames) == 0) return false;
  stats_.deliveries += shared.events;
  client.cursor_->pos = std::max(client.cursor_->pos, shared.to);
  return true;
}

void Hub::share(const Receiver& client, const Slice& slice, const BlobPtr& frames) {
  const Seq from = client.cursor_->pos;
  if (!slice.shareable || slice.told || from < slice.after.floor_through || frames.size() > kSharedSliceBytesMax)
    return;
  if (slice.after.pos <= from) return;
  SharedSlice shared{client.set_->id, ring_.covers(from), from, slice.first.value_or(slice.after.pos), slice.after.pos,
                     frames,          slice.events};
  if (shared_.size() < kSharedSlicesMax) return shared_.push_back(std::move(shared));
  shared_[shared_next_] = std::move(shared);
  shared_next_ = (shared_next_ + 1) % kSharedSlicesMax;
}

void Hub::read_ring(const SubscriptionSet& set, Slice& slice) {
  shed_if_behind(set, slice);
  Cursor& cursor = slice.after;
  // Slices end where the ring's bytes cross a multiple of the chunk, so that cursors that began at different places
  // soon stand at the same ones and can share.
  const std::uint64_t chunk = limits_.cursor_chunk_bytes;
  std::size_t i = ring_.index_after(cursor.pos);
  for (std::optional<std::uint64_t> block; i < ring_.size(); ++i) {
    const Event& event = *ring_.at(i);
    if (event.seq() > flushed_) break;
    const std::uint64_t next_block = ring_.bytes_through(i) / chunk;
    const bool crossed = block && next_block != *block;
    if (slice.frames.size() >= 2 * chunk || (crossed && slice.frames.size() >= chunk / 4)) return;
    block = next_block;
    cursor.pos = event.seq();
    const bool left_out = event.seq() <= cursor.floor_through && event.priority() > cursor.floor;
    if (!event.is_hole() && (left_out || !set.filter.admits(event.facts()))) continue;
    if (!slice.first) slice.first = event.is_hole() ? event.hole_from() : event.seq();
    render(*set.renderer, slice.frames, event);
    ++slice.events;
  }
  cursor.pos = flushed_;
}

// Cheap: whether it is worth looking at what exactly lies before the cursor, and whether it is bound to a floor.
bool Hub::may_be_behind(const Cursor& cursor) const {
  if (!ring_.covers(cursor.pos) || cursor.pos < cursor.floor_through) return true;
  if (cursor.pos < cursor.promised || ring_.bytes_total() < cursor.lag_fine_until) return false;
  return ring_.bytes_after(cursor.pos) > limits_.lag_bytes_max;
}

// Too far behind: from here to the head its lowest priorities are left out, and it is told so first.
void Hub::shed_if_behind(const SubscriptionSet& set, Slice& slice) {
  Cursor& cursor = slice.after;
  if (cursor.pos < cursor.floor_through || !may_be_behind(cursor)) return;
  const auto shedding = shed(ring_, cursor.pos, flushed_, set.filter, limits_.lag_bytes_max);
  if (!shedding) {
    cursor.lag_fine_until = ring_.bytes_total() + limits_.lag_bytes_max / 4;
    return;
  }
  if (shedding->count > 0) {
    tell(set, slice, {cursor.pos.next(), flushed_, shedding->floor, shedding->count, SkipReason::kSlow});
    slice.skipped += shedding->count;
  }
  cursor.floor = shedding->floor;
  cursor.floor_through = flushed_;
}

void Hub::tell(const SubscriptionSet& set, Slice& slice, const Skipped& skipped) {
  set.renderer->skipped(slice.frames, skipped);
  slice.told = true;
}

void Hub::read_page(SubscriptionSet& set, Slice& slice) {
  Cursor& cursor = slice.after;
  const Page* page = pages_.find(set.filter, cursor.pos);
  if (page == nullptr) {
    slice.waits = true;
    return pages_.want(set.filter, cursor.pos, ring_.newest());  // the ring's beginning moves on meanwhile
  }
  const Seq through = std::min(page->through, ring_.base());  // the ring has more: what is trimmed, or was never stored
  const Seq known = std::max(cursor.pos, cursor.trimmed_told);
  const Seq trimmed = std::min(page->trimmed_through, through);
  slice.shareable = page->trimmed_through <= cursor.pos;
  if (trimmed > known) {  // since it was promised
    tell(set, slice, {known.next(), trimmed, 0, std::nullopt, SkipReason::kNotRetained});
    cursor.trimmed_told = trimmed;
  }
  for (const EventPtr& event : page->events) {
    if (event->seq() <= cursor.pos) continue;
    if (event->seq() > through) break;
    if (slice.frames.size() >= limits_.cursor_chunk_bytes) return;
    cursor.pos = event->seq();
    if (!slice.first) slice.first = event->seq();
    render(*set.renderer, slice.frames, *event);
    ++slice.events;
  }
  cursor.pos = through;
}

void Hub::on_pages(const std::string& filter, bool failed) {
  if (failed) return;  // on_tick() asks again
  for (SubscriptionSet* set : set_list_) {
    if (set->filter.canonical() == filter) advance_waiting(*set);
  }
}

void Hub::advance_waiting(SubscriptionSet& set) {
  std::vector<Receiver*> waiting;
  waiting.swap(set.waiting);
  for (Receiver* client : waiting) client->place_ = Receiver::Place::kNone;
  for (Receiver* client : waiting) advance(*client);
}

void Hub::on_tick() {
  advance_parked();
  for (SubscriptionSet* set : set_list_) advance_waiting(*set);
}

void Hub::advance(Receiver& client) {
  if (!started_) return place(client, Receiver::Place::kWaiting);
  if (client.resume_ == nullptr) return pump(client);
  if (plan_resume(client)) pump(client);
}

// ---- subscriptions

namespace {

// By its session; or by its topics: a few, all exact.
SubscriptionSet::FoundBy how_found(const EventFilter& filter) {
  constexpr int kTopicsMax = 8;
  if (!filter.proto().session_id().empty()) return SubscriptionSet::FoundBy::kSession;
  const auto& topics = filter.proto().topics();
  const bool exact = std::all_of(topics.begin(), topics.end(), [](const std::string& topic) {
    return topic.find_first_of("*>") == std::string::npos;
  });
  return exact && !topics.empty() && topics.size() <= kTopicsMax ? SubscriptionSet::FoundBy::kTopics
                                                                 : SubscriptionSet::FoundBy::kAlways;
}

void erase_from(std::unordered_map<std::string, std::vector<SubscriptionSet*>>& index, const std::string& key,
                SubscriptionSet& set) {
  const auto found = index.find(key);
  if (found == index.end()) return;
  std::erase(found->second, &set);
  if (found->second.empty()) index.erase(found);
}

}  // namespace

Result<SubscriptionSet*> Hub::set_for(const Renderer& renderer, const EventFilter& filter) {
  std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(&renderer)) + ' ' + filter.canonical();
  if (const auto found = sets_.find(key); found != sets_.end()) return found->second.get();
  const auto found_by = how_found(filter);
  const bool general = found_by == SubscriptionSet::FoundBy::kAlways;
  const std::size_t count = general ? general_.size() : sets_.size() - general_.size();
  const std::size_t count_max = general ? limits_.sets_max : limits_.topic_sets_max;
  if (count >= count_max) {
    return Error{ErrorCode::kFull, "too many different subscriptions on this gateway (at most " +
                                       std::to_string(count_max) + "); use a common one, or another gateway"};
  }
  auto set = std::make_unique<SubscriptionSet>();
  set->id = next_set_id_++;
  set->renderer = &renderer;
  set->filter = filter;
  set->key = std::move(key);
  set->found_by = found_by;
  SubscriptionSet* const made = set.get();
  add_set(std::move(set));
  return made;
}

void Hub::add_set(std::unique_ptr<SubscriptionSet> set) {
  set->slot = set_list_.size();
  set_list_.push_back(set.get());
  const v1::Filter& filter = set->filter.proto();
  switch (set->found_by) {
    case SubscriptionSet::FoundBy::kAlways:
      general_.push_back(set.get());
      break;
    case SubscriptionSet::FoundBy::kTopics:
      for (const std::string& topic : filter.topics()) by_topic_[topic].push_back(set.get());
      break;
    case SubscriptionSet::FoundBy::kSession:
      by_session_[filter.session_id()].push_back(set.get());
      break;
  }
  std::string key = set->key;
  sets_.emplace(std::move(key), std::move(set));
}

void Hub::drop_set(SubscriptionSet& set) {
  set_list_[set.slot] = set_list_.back();
  set_list_[set.slot]->slot = set.slot;
  set_list_.pop_back();
  if (set.due) std::erase(due_, &set);
  const v1::Filter& filter = set.filter.proto();
  switch (set.found_by) {
    case SubscriptionSet::FoundBy::kAlways:
      std::erase(general_, &set);
      break;
    case SubscriptionSet::FoundBy::kTopics:
      for (const std::string& topic : filter.topics()) erase_from(by_topic_, topic, set);
      break;
    case SubscriptionSet::FoundBy::kSession:
      erase_from(by_session_, filter.session_id(), set);
      break;
  }
  sets_.erase(std::string(set.key));
}

Result<void> Hub::subscribe(Receiver& client, const Renderer& renderer, const EventFilter& filter) {
  auto set = set_for(renderer, filter);
  if (!set) return set.error();
  if (client.set_ == *set) return {};
  Cursor cursor{.pos = ring_.newest()};
  std::shared_ptr<PendingResume> resume;
  if (client.resume_ != nullptr) {  // begins anew: what was found goes by the filter of before
    resume = std::make_shared<PendingResume>();
    resume->since = resume->scanned = cursor.pos = client.resume_->since;
    resume->done = std::move(client.resume_->done);
    leave_set(client);
  } else if (client.set_ != nullptr) {
    // Live: it has everything up to the last flush. What came since goes by the new filter, like all that follows.
    cursor = client.cursor_ != nullptr ? *client.cursor_ : Cursor{.pos = flushed_};
    leave_set(client);
  }
  client.resume_ = resume;
  enter(client, **set, cursor);
  return {};
}

Result<void> Hub::resume(Receiver& client, const Renderer& renderer, const EventFilter& filter, Seq since,
                         OnResumed done) {
  CELL0_CHECK(client.set_ == nullptr);
  auto set = set_for(renderer, filter);
  if (!set) return set.error();
  client.resume_ = std::make_shared<PendingResume>();
  client.resume_->since = client.resume_->scanned = since;
  client.resume_->done = std::move(done);
  enter(client, **set, Cursor{.pos = since});
  return {};
}

void Hub::enter(Receiver& client, SubscriptionSet& set, Cursor cursor) {
  client.set_ = &set;
  ++set.members;
  client.cursor_ = std::make_unique<Cursor>(cursor);
  if (client.keeps_all_) client.cursor_->promised = kSeqMax;
  advance(client);
}

void Hub::keep_all(Receiver& client) {
  client.keeps_all_ = true;
  if (client.cursor_ != nullptr) client.cursor_->promised = kSeqMax;
}

void Hub::remove(Receiver& client) {
  if (client.set_ != nullptr) leave_set(client);
}

void Hub::leave_set(Receiver& client) {
  place(client, Receiver::Place::kNone);
  client.cursor_.reset();
  client.resume_.reset();
  SubscriptionSet* set = std::exchange(client.set_, nullptr);
  if (--set->members == 0) drop_set(*set);
}

std::vector<Receiver*>* Hub::list_of(Receiver& client) {
  switch (client.place_) {
    case Receiver::Place::kLive:
      return &client.set_->live;
    case Receiver::Place::kWaiting:
      return &client.set_->waiting;
    case Receiver::Place::kParked:
      return &parked_;
    case Receiver::Place::kQueued:
      return &queued_;
    case Receiver::Place::kNone:
      return nullptr;
  }
  return nullptr;
}

// Moves a client from one list to another in O(1): the last one takes its slot.
void Hub::place(Receiver& client, Receiver::Place where) {
  if (auto* from = list_of(client); from != nullptr) {
    (*from)[client.slot_] = from->back();
    (*from)[client.slot_]->slot_ = client.slot_;
    from->pop_back();
  }
  client.place_ = where;
  if (auto* to = list_of(client); to != nullptr) {
    client.slot_ = static_cast<std::uint32_t>(to->size());
    to->push_back(&client);
  }
}

// ---- looking

std::vector<EventPtr> Hub::newest(const EventFilter& filter, std::size_t count, std::size_t scan_max,
                                  const Wanted& wanted) const {
  std::vector<EventPtr> found;
  for (std::size_t i = ring_.size(); i-- > 0 && found.size() < count && scan_max > 0; --scan_max) {
    const EventPtr& event = ring_.at(i);
    if (event->is_hole() || !filter.admits(event->facts())) continue;
    if (!wanted || wanted(*event)) found.push_back(event);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

Lag Hub::lag_of(const Receiver& client, WallTime now) const {
  Lag lag;
  lag.subscribed = client.set_ != nullptr;
  lag.live = client.live();
  lag.position = client.cursor_ != nullptr ? client.cursor_->pos : flushed_;
  lag.skipped = client.skipped_;
  lag.notices = client.notices_;
  if (!lag.subscribed || !ring_.covers(lag.position)) return lag;
  const std::size_t next = lag.live ? ring_.size() : ring_.index_after(lag.position);
  lag.events = ring_.size() - next;
  lag.ms = 0;
  if (next < ring_.size() && !ring_.at(next)->is_hole()) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - ring_.at(next)->time());
    lag.ms = std::max<std::int64_t>(age.count(), 0);  // emitters' clocks may be ahead
  }
  return lag;
}

HubStats Hub::stats() const {
  HubStats stats = stats_;
  stats.sets = set_list_.size();
  for (const SubscriptionSet* set : set_list_) {
    stats.live += set->live.size();
    stats.cursors += set->members - set->live.size();
  }
  return stats;
}

}  // namespace cell0::gateway
