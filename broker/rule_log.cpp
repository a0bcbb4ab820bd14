#include "broker/rule_log.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace cell0::broker {

void RuleLog::append(Seq seq, std::int64_t taken_us, std::string_view delivered) {
  CELL0_CHECK(seq > newest_);
  Segment& segment = segment_for(delivered.size());
  segment.records.push_back(
      {seq, taken_us, static_cast<std::uint32_t>(segment.bytes.size()), static_cast<std::uint32_t>(delivered.size())});
  segment.bytes += delivered;
  newest_ = seq;
  ++count_;
  bytes_ += delivered.size() + kRecordBytes;
}

RuleLog::Segment& RuleLog::segment_for(std::size_t size) {
  if (!segments_.empty() && segments_.back().bytes.size() + size <= segments_.back().bytes.capacity()) {
    return segments_.back();
  }
  segments_.push_back(std::exchange(spare_, {}));
  // The first segments are small, so that many rules with few events cost little.
  const std::size_t usual = std::min(kSegmentBytes, std::max<std::size_t>(1024, bytes_));
  segments_.back().bytes.reserve(std::max(size, usual));
  return segments_.back();
}

void RuleLog::trim_oldest() {
  CELL0_CHECK(!empty());
  Segment& segment = segments_.front();
  const Record& record = segment.records[segment.first];
  trimmed_through_ = record.seq;
  bytes_ -= record.size + kRecordBytes;
  --count_;
  if (++segment.first < segment.records.size()) return;
  if (segment.bytes.capacity() <= 2 * kSegmentBytes) {
    spare_ = std::move(segment);
    spare_.bytes.clear();
    spare_.records.clear();
    spare_.first = 0;
  }
  segments_.pop_front();
}

StoredEvent RuleLog::oldest() const {
  CELL0_CHECK(!empty());
  return event_at(segments_.front(), segments_.front().first);
}

StoredEvent RuleLog::event_at(const Segment& segment, std::size_t record) const {
  const Record& found = segment.records[record];
  return {found.seq, found.taken_us, std::string_view(segment.bytes).substr(found.offset, found.size)};
}

RuleLog::Cursor RuleLog::first_after(Seq seq) const {
  Cursor cursor;
  const auto segment = std::partition_point(segments_.begin(), segments_.end(), [seq](const Segment& candidate) {
    return candidate.records.back().seq <= seq;
  });
  if (segment == segments_.end()) return cursor;
  const auto begin = segment->records.begin() + static_cast<std::ptrdiff_t>(segment->first);
  const auto record = std::partition_point(begin, segment->records.end(),
                                           [seq](const Record& candidate) { return candidate.seq <= seq; });
  cursor.log_ = this;
  cursor.segment_ = static_cast<std::size_t>(segment - segments_.begin());
  cursor.record_ = static_cast<std::size_t>(record - segment->records.begin());
  return cursor;
}

RuleLog::Cursor RuleLog::last_through(Seq seq) const {
  Cursor cursor = first_after(seq);
  if (cursor.at_event()) {
    cursor.backward();
  } else if (!empty()) {
    cursor.log_ = this;
    cursor.segment_ = segments_.size() - 1;
    cursor.record_ = segments_.back().records.size() - 1;
  }
  return cursor;
}

StoredEvent RuleLog::Cursor::event() const { return log_->event_at(log_->segments_[segment_], record_); }

Seq RuleLog::Cursor::seq() const { return log_->segments_[segment_].records[record_].seq; }

void RuleLog::Cursor::forward() {
  if (++record_ < log_->segments_[segment_].records.size()) return;
  record_ = 0;
  if (++segment_ == log_->segments_.size()) log_ = nullptr;
}

void RuleLog::Cursor::backward() {
  if (record_ > log_->segments_[segment_].first) {
    --record_;
  } else if (segment_ > 0) {
    record_ = log_->segments_[--segment_].records.size() - 1;
  } else {
    log_ = nullptr;
  }
}

}  // namespace cell0::broker
