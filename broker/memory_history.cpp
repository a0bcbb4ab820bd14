#include "broker/memory_history.h"

#include <algorithm>
#include <asio/post.hpp>

#include "broker/delivered_facts.h"
#include "broker/wire.h"

namespace cell0::broker {
namespace {

using Cursors = std::vector<RuleLog::Cursor>;

// Of the cursors that stand at an event, the one with the lowest seq (forward) or the highest; null if none does.
RuleLog::Cursor* next_of(Cursors& cursors, bool forward) {
  RuleLog::Cursor* best = nullptr;
  for (RuleLog::Cursor& cursor : cursors) {
    if (!cursor.at_event()) continue;
    if (best == nullptr || (forward ? cursor.seq() < best->seq() : cursor.seq() > best->seq())) best = &cursor;
  }
  return best;
}

}  // namespace

HistoryScan::HistoryScan(const Store& store, HistoryQuery query)
    : store_(store),
      query_(std::move(query)),
      rules_(store.rules().touched(query_.filter)),
      beginning_(query_.newest),
      back_to_(query_.through),
      scanned_through_(query_.since),
      trimmed_through_(store.trimmed_through(rules_)) {}

bool HistoryScan::step(std::size_t records_max) {
  note_trimmed();
  if (beginning_ && !find_begin(records_max)) return false;
  return fill(records_max);
}

// Events between the scan's place and what the store still has are gone.
void HistoryScan::note_trimmed() {
  const Seq trimmed = store_.trimmed_through(rules_);
  if (trimmed > scanned_through_) trimmed_through_ = trimmed;
}

// Counts backwards; then the page is filled forwards from there.
bool HistoryScan::find_begin(std::size_t& records_left) {
  Cursors cursors;
  for (const RuleId rule : rules_) cursors.push_back(store_.log(rule).last_through(back_to_));
  RuleLog::Cursor* cursor = nullptr;
  while ((cursor = next_of(cursors, false)) != nullptr && cursor->seq() > query_.since) {
    if (counted_ == query_.limit) {
      scanned_through_ = back_to_;
      break;
    }
    if (records_left == 0) return false;
    --records_left;
    if (query_.filter.admits(facts_of(cursor->event().delivered))) ++counted_;
    back_to_ = cursor->seq().prev();
    cursor->backward();
  }
  beginning_ = false;
  return true;
}

bool HistoryScan::fill(std::size_t& records_left) {
  Cursors cursors;
  for (const RuleId rule : rules_) cursors.push_back(store_.log(rule).first_after(scanned_through_));
  RuleLog::Cursor* cursor = nullptr;
  while ((cursor = next_of(cursors, true)) != nullptr && cursor->seq() <= query_.through) {
    if (records_left == 0) return false;
    --records_left;
    const StoredEvent event = cursor->event();
    if (query_.filter.admits(facts_of(event.delivered)) && !take(event)) return true;
    scanned_through_ = event.seq;
    if (query_.limit != 0 && events_ == query_.limit) return end_ = true;
    cursor->forward();
  }
  scanned_through_ = std::max(query_.since, query_.through);
  return end_ = true;
}

// False: it belongs onto the next page.
bool HistoryScan::take(const StoredEvent& event) {
  if (events_ > 0 && event_bytes_ + event.delivered.size() > query_.bytes_max) return false;
  wire::put_bytes(page_, v1::HistoryPage::kEventsFieldNumber, event.delivered);
  event_bytes_ += event.delivered.size();
  ++events_;
  return true;
}

std::string HistoryScan::take_page() {
  wire::put_number(page_, v1::HistoryPage::kScannedThroughFieldNumber, scanned_through_.value);
  wire::put_number(page_, v1::HistoryPage::kTrimmedThroughFieldNumber, trimmed_through_.value);
  wire::put_number(page_, v1::HistoryPage::kEndFieldNumber, end_ ? 1 : 0);
  return std::move(page_);
}

void MemoryHistory::page(HistoryQuery query, Done done) {
  scans_.push_back({HistoryScan(store_, std::move(query)), std::move(done)});
  post_slice();
}

void MemoryHistory::post_slice() {
  if (posted_ || scans_.empty()) return;
  posted_ = true;
  asio::post(io_, [this, alive = alive_] {
    if (*alive) slice();
  });
}

void MemoryHistory::slice() {
  posted_ = false;
  const auto front = scans_.begin();
  if (front->scan.step(records_per_slice_)) {
    Open finished = std::move(*front);
    scans_.erase(front);
    finished.done(finished.scan.take_page());
  } else {
    scans_.splice(scans_.end(), scans_, front);
  }
  post_slice();
}

}  // namespace cell0::broker
