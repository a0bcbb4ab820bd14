// The stored events of one rule, oldest first, in memory: appended at one end, trimmed at the other.
//
// They lie in segments of some dozens of KB each, so that keeping an event costs a copy and no allocation, and a
// scan reads memory in order. Pure data; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "common/seq.h"

namespace cell0::broker {

struct StoredEvent {
  Seq seq;
  std::int64_t taken_us = 0;   // the broker's clock
  std::string_view delivered;  // an encoded Delivered; valid until the log changes
};

class RuleLog {
 public:
  static constexpr std::size_t kRecordBytes = 32;  // what an event costs beside its bytes

  // REQUIRES: seq is above all before it.
  void append(Seq seq, std::int64_t taken_us, std::string_view delivered);

  // REQUIRES: !empty(). Its seq becomes trimmed_through().
  void trim_oldest();

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }  // with kRecordBytes for each
  StoredEvent oldest() const;                   // REQUIRES: !empty()

  // Events of this rule may be missing up to here; 0: none has ever been trimmed.
  Seq trimmed_through() const { return trimmed_through_; }
  void set_trimmed_through(Seq seq) { trimmed_through_ = seq; }

  // Walks in both directions. Invalid once the log has changed: seek again.
  class Cursor {
   public:
    bool at_event() const { return log_ != nullptr; }
    StoredEvent event() const;  // REQUIRES: at_event()
    Seq seq() const;            // the same
    void forward();
    void backward();

   private:
    friend class RuleLog;
    const RuleLog* log_ = nullptr;
    std::size_t segment_ = 0;
    std::size_t record_ = 0;
  };

  Cursor first_after(Seq seq) const;   // at no event if there is none. O(log)
  Cursor last_through(Seq seq) const;  // the newest with a seq of at most this

 private:
  static constexpr std::size_t kSegmentBytes = 64 * 1024;

  struct Record {
    Seq seq;
    std::int64_t taken_us;
    std::uint32_t offset;
    std::uint32_t size;
  };
  struct Segment {
    std::string bytes;
    std::vector<Record> records;
    std::size_t first = 0;  // records before it are trimmed
  };

  Segment& segment_for(std::size_t size);
  StoredEvent event_at(const Segment& segment, std::size_t record) const;

  std::deque<Segment> segments_;  // none is empty of kept records
  Segment spare_;                 // the memory of the last one that was trimmed away, for the next
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  Seq newest_{};
  Seq trimmed_through_{};
};

}  // namespace cell0::broker
