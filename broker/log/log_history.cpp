#include "broker/log/log_history.h"

#include <algorithm>

#include "broker/delivered.h"
#include "common/wire.h"

namespace cell0::broker {

using store::Direction;
using store::LogReader;

PageScan::PageScan(HistoryQuery query, std::vector<RuleId> rules, Seq holes_through)
    : query_(std::move(query)),
      filter_(query_.filter),
      rules_(std::move(rules)),
      holes_through_(holes_through),
      beginning_(query_.newest),
      back_to_(query_.through) {}

Result<bool> PageScan::step(LogReader& reader, std::size_t rows_max) {
  auto snapshot = reader.begin();
  if (!snapshot) return snapshot.error();
  if (auto begun = begin(reader); !begun) return begun.error();
  if (auto noted = note_trimmed(reader); !noted) return noted.error();
  if (beginning_) {
    const auto found = find_begin(reader, rows_max);
    if (!found || !*found) return found;
  }
  return fill(reader, rows_max);
}

Result<void> PageScan::begin(LogReader& reader) {
  if (begun_) return {};
  begun_ = true;
  if (query_.since_time > WallTime{}) {
    const auto before = reader.before_time(query_.since_time);
    if (!before) return before.error();
    query_.since = std::max(query_.since, *before);
  }
  scanned_through_ = query_.since;
  trimmed_through_ = holes_through_;
  return {};
}

// Events between the scan's place and what the log still has are gone. In the snapshot that the events are read from.
Result<void> PageScan::note_trimmed(LogReader& reader) {
  auto rows = reader.database().prepare("SELECT id, trimmed_through FROM rule");
  if (!rows) return rows.error();
  Seq trimmed{};
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const auto id = static_cast<RuleId>(rows->integer(0));
    const Seq through{static_cast<std::uint64_t>(rows->integer(1))};
    if (std::find(rules_.begin(), rules_.end(), id) != rules_.end()) trimmed = std::max(trimmed, through);
  }
  if (!row) return row.error();
  const bool first = event_bytes_ == 0 && scanned_through_ == query_.since;
  if (first || trimmed > scanned_through_) trimmed_through_ = std::max(trimmed_through_, trimmed);
  return {};
}

// Counts backwards; then the page is filled forwards from there.
Result<bool> PageScan::find_begin(LogReader& reader, std::size_t& rows_left) {
  auto walk = reader.walk(filter_, {query_.since, back_to_}, Direction::kBackward);
  if (!walk) return walk.error();
  while (true) {
    const auto more = walk->next(rows_left);
    if (!more) return more;
    if (!*more) break;
    if (counted_ == query_.limit) {
      scanned_through_ = walk->seq();
      beginning_ = false;
      return true;
    }
    ++counted_;
  }
  if (walk->ended()) {
    beginning_ = false;
    return true;
  }
  back_to_ = walk->reached().prev();
  return false;
}

Result<bool> PageScan::fill(LogReader& reader, std::size_t& rows_left) {
  const store::Range range{scanned_through_, query_.through};
  if (range.after < range.through) {
    auto walk = reader.walk(filter_, range, Direction::kForward);
    if (!walk) return walk.error();
    while (true) {
      const auto more = walk->next(rows_left);
      if (!more) return more;
      if (!*more) break;
      const auto fits = take(reader, *walk);
      if (!fits) return fits;
      if (!*fits) return true;
      scanned_through_ = walk->seq();
      if (query_.limit != 0 && events_ == query_.limit) return end_ = true;
    }
    if (!walk->ended()) {
      scanned_through_ = std::max(scanned_through_, walk->reached());
      return false;
    }
  }
  scanned_through_ = std::max(query_.since, query_.through);
  return end_ = true;
}

// False: it belongs onto the next page.
Result<bool> PageScan::take(LogReader& reader, const LogReader::Walk& at) {
  DeliveredView event;
  event.seq = at.seq();
  event.envelope = at.body();
  const auto type = reader.type_name(at.type());
  if (!type) return type.error();
  event.type = *type;
  const auto topic = reader.topic_name(at.topic());
  if (!topic) return topic.error();
  event.topic = *topic;
  event.priority = at.priority();
  event.durability = at.relaxed() ? v1::RELAXED : v1::DURABLE;
  const std::size_t size = event.envelope.size() + event.type.size() + event.topic.size() + 24;
  if (events_ > 0 && event_bytes_ + size > query_.bytes_max) return false;
  put_delivered(page_, v1::HistoryPage::kEventsFieldNumber, event);
  event_bytes_ += size;
  ++events_;
  return true;
}

std::string PageScan::take_page() {
  wire::put_number(page_, v1::HistoryPage::kScannedThroughFieldNumber, scanned_through_.value);
  wire::put_number(page_, v1::HistoryPage::kTrimmedThroughFieldNumber, trimmed_through_.value);
  wire::put_number(page_, v1::HistoryPage::kEndFieldNumber, end_ ? 1 : 0);
  wire::put_number(page_, v1::HistoryPage::kSinceSeqFieldNumber, query_.since.value);
  return std::move(page_);
}

void LogHistory::page(HistoryQuery query, Done done) {
  auto rules = rules_.touched(query.filter);
  const Seq holes = holes_through(holes_, rules_, query.filter);
  waiting_.push_back(
      std::make_unique<Open>(Open{PageScan(std::move(query), std::move(rules), holes), std::move(done)}));
  next();
}

void LogHistory::next() {
  if (current_ || waiting_.empty()) return;
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  worker_.run([this] { slice(); }, [this] { on_slice(); });
}

void LogHistory::slice() {
  if (!reader_) {
    auto opened = LogReader::open(options_.path, options_.vfs);
    if (!opened) {
      complete_ = opened.error();
      return;
    }
    reader_ = std::move(*opened);
  }
  complete_ = current_->scan.step(*reader_, options_.rows_per_slice);
  if (!complete_) reader_.reset();
}

void LogHistory::on_slice() {
  auto current = std::move(current_);
  const Result<bool> complete = complete_;
  if (complete && !*complete) {
    waiting_.push_back(std::move(current));
    return next();
  }
  next();
  if (complete) return current->done(current->scan.take_page());
  current->done(Error{ErrorCode::kUnavailable, "history: " + complete.error().text});
}

}  // namespace cell0::broker
