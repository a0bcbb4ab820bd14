// What a new client of a dialect sees first: the newest events of some kind, kept ready, so that a first message needs
// no question to the broker. Pure.
#pragma once

#include <optional>
#include <vector>

#include "common/event_filter.h"
#include "gateway/event.h"
#include "gateway/limits.h"

namespace cell0::gateway {

class OpeningWindow {
 public:
  OpeningWindow(EventFilter filter, std::size_t events_max) : filter_(std::move(filter)), events_max_(events_max) {}

  void start(std::vector<EventPtr> events) { events_ = std::move(events); }
  void push(const EventPtr& event) {
    if (event->is_hole() || !filter_.admits(event->facts())) return;
    events_.push_back(event);
    if (events_.size() > events_max_) events_.erase(events_.begin());
  }

  const EventFilter& filter() const { return filter_; }
  std::size_t events_max() const { return events_max_; }
  const std::vector<EventPtr>& events() const { return events_; }  // oldest first

  // A client's filter as it holds here: a window of certain types shows no others. None: it admits none of them.
  std::optional<EventFilter> narrowed(const EventFilter& filter) const;
  // Of a window of certain types what that admits: all that there was since its first. Of others nothing.
  std::vector<EventPtr> admitted(const EventFilter& narrowed) const;

 private:
  EventFilter filter_;
  std::size_t events_max_;
  std::vector<EventPtr> events_;
};

// The openings that there are: whose, of what, how many.
struct OpeningRule {
  v1::Audience audience;
  EventFilter filter;
  std::size_t events_max;
};
std::vector<OpeningRule> opening_rules(const CoreLimits& limits);

// A window for each rule.
class Openings {
 public:
  explicit Openings(const CoreLimits& limits);

  // In the order of the rules; fewer: the others begin empty.
  void start(std::vector<std::vector<EventPtr>> events);
  void push(const EventPtr& event);

  // Null: clients of that audience see nothing first.
  const OpeningWindow* find(v1::Audience audience) const;

 private:
  std::vector<v1::Audience> audiences_;
  std::vector<OpeningWindow> windows_;
};

}  // namespace cell0::gateway
