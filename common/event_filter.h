// EventFilter: which events, for subscriptions, history and resumes alike (dialects.md, "Filters").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/event_schema.h"
#include "common/result.h"
#include "common/topic.h"

namespace cell0 {

// What a filter looks at; views into the event.
struct EventFacts {
  std::string_view type;
  std::string_view topic;
  std::string_view source;
  std::string_view session_id;
  std::uint32_t priority = 5;
};

// A value: compiled from v1::Filter, comparable by its canonical text. Types or the audience must hold (either), and
// each of topics, allowed_topics, min_priority, sources, session_id that is given.
class EventFilter {
 public:
  static constexpr std::size_t kNamesMax = 256;  // of each list
  static constexpr std::size_t kNameBytesMax = 255;

  EventFilter() = default;  // admits everything

  // kInvalid: a list or a name is too long, a glob is malformed, min_priority is above 10; the text names it.
  static Result<EventFilter> create(const v1::Filter& filter);

  bool admits(const EventFacts& event) const;

  // May it admit an event of this type at all? For retention: which rules a resume touches.
  bool may_admit_type(std::string_view type) const;

  // Sorted and without repetitions: equal filters have equal text. A key for subscription sets.
  const std::string& canonical() const { return canonical_; }
  const v1::Filter& proto() const { return proto_; }

 private:
  v1::Filter proto_;  // lists sorted, unique
  std::vector<TopicGlob> topics_;
  std::vector<TopicGlob> allowed_topics_;
  std::string canonical_;
};

// `name` or a prefix glob: `llm_*` admits every name that begins with llm_, `*` all.
bool matches_name(std::string_view pattern, std::string_view name);

}  // namespace cell0
