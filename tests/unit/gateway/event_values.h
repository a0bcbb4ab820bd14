// Events, batches and pages as short values, for the gateway's unit tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "cell0/v1/event.pb.h"
#include "gateway/event.h"

namespace cell0::gateway::test {

// An event of a users' type; what a test does not name does not matter to it.
struct EventSpec {
  std::string type = "note";
  std::uint32_t priority = 5;
  v1::Durability durability = v1::DURABLE;
  std::string data = "{}";
  std::string source = "test";
  std::string topic = {};  // empty: events.<type>
  std::string session_id = {};
};

inline v1::Delivered delivered(std::uint64_t seq, const EventSpec& spec = {}) {
  v1::Envelope envelope;
  std::string id(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<char>(seq >> (8 * i));
  envelope.set_id(id);
  envelope.set_type(spec.type);
  envelope.set_source(spec.source);
  envelope.set_time_us(1'770'892'200'123'456);
  envelope.set_json(spec.data);
  if (!spec.session_id.empty()) envelope.set_session_id(spec.session_id);
  v1::Delivered made;
  made.set_seq(seq);
  made.set_type(spec.type);
  made.set_topic(spec.topic.empty() ? "events." + spec.type : spec.topic);
  made.set_priority(spec.priority);
  made.set_durability(spec.durability);
  made.set_envelope(envelope.SerializeAsString());
  return made;
}

inline EventPtr event(std::uint64_t seq, const EventSpec& spec = {}) {
  return Event::create(delivered(seq, spec)).value();
}

// As `spec`, with data that makes the event about `bytes` larger.
inline EventSpec padded(std::size_t bytes, EventSpec spec = {}) {
  spec.data = "{\"p\":\"" + std::string(bytes, 'x') + "\"}";
  return spec;
}

inline v1::Batch batch(std::uint64_t prev, const std::vector<std::uint64_t>& seqs) {
  v1::Batch made;
  made.set_prev_seq(prev);
  made.set_last_seq(seqs.empty() ? prev : seqs.back());
  for (const std::uint64_t seq : seqs) *made.add_events() = delivered(seq);
  return made;
}

inline v1::HistoryPage page(const std::vector<std::uint64_t>& seqs, std::uint64_t scanned_through, bool end,
                            std::uint64_t trimmed_through = 0) {
  v1::HistoryPage made;
  for (const std::uint64_t seq : seqs) *made.add_events() = delivered(seq);
  made.set_scanned_through(scanned_through);
  made.set_end(end);
  made.set_trimmed_through(trimmed_through);
  return made;
}

inline EventFilter filter_of(const std::vector<std::string>& types, std::uint32_t min_priority = 0) {
  v1::Filter filter;
  for (const std::string& type : types) filter.add_types(type);
  filter.set_min_priority(min_priority);
  return EventFilter::create(filter).value();
}

// "1 2 lost(3-5 gap) 6": a stream in one line.
inline std::string text_of(const std::vector<EventPtr>& events) {
  std::string text;
  for (const EventPtr& event : events) {
    if (!text.empty()) text += ' ';
    if (event->is_hole()) {
      text += "lost(" + std::to_string(event->hole_from().value) + "-" + std::to_string(event->seq().value);
      text += event->hole_reason() == SkipReason::kGap           ? " gap)"
              : event->hole_reason() == SkipReason::kNotRetained ? " not_retained)"
                                                                 : " slow)";
    } else {
      text += std::to_string(event->seq().value);
    }
  }
  return text;
}

}  // namespace cell0::gateway::test
