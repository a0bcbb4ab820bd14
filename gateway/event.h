// One event as the gateway holds it: decoded and turned into JSON once, then shared by ring, pages and renderers.
//
// A hole stands in the ring where events are missing for good, so that every client is told at the right place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/event_filter.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::gateway {

class Event;
using EventPtr = std::shared_ptr<const Event>;

// Why events were not delivered (dialects.md, "Slow clients").
enum class SkipReason { kSlow, kGap, kNotRetained };

class Event {
 public:
  // kInvalid: the envelope cannot be decoded (a broker never sends such).
  static Result<EventPtr> create(const v1::Delivered& delivered);
  // Events from..to (inclusive) are gone. REQUIRES: from <= to.
  static EventPtr hole(Seq from, Seq to, SkipReason reason);

  Seq seq() const { return seq_; }  // of a hole: its last
  bool is_hole() const { return hole_from_.value != 0; }
  Seq hole_from() const { return hole_from_; }
  SkipReason hole_reason() const { return hole_reason_; }

  const std::string& type() const { return type_; }
  const std::string& topic() const { return topic_; }
  const std::string& source() const { return source_; }
  const std::string& session_id() const { return session_id_; }  // empty: none
  const std::string& id() const { return id_; }                  // UUID text
  const std::string& data() const { return data_; }              // a JSON object
  WallTime time() const { return time_; }                        // the emitter's
  std::uint32_t priority() const { return priority_; }
  bool ephemeral() const { return durability_ == v1::EPHEMERAL; }

  EventFacts facts() const { return {type_, topic_, source_, session_id_, priority_}; }

  // What it costs to hold, bytes; also the measure of a client's lag.
  std::size_t bytes() const;

 private:
  Event() = default;

  Seq seq_;
  Seq hole_from_;
  SkipReason hole_reason_ = SkipReason::kGap;
  std::uint32_t priority_ = 5;
  v1::Durability durability_ = v1::DURABLE;
  WallTime time_;
  std::string id_, type_, topic_, source_, session_id_, data_;
};

// The page's events, in its order, without any that cannot be decoded (a broker never sends such).
std::vector<EventPtr> events_of(const v1::HistoryPage& page);

}  // namespace cell0::gateway
