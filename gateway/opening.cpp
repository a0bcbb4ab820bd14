#include "gateway/opening.h"

#include "common/check.h"
#include "common/event_schema.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kSpells = 5;  // dialects.md section 4: recent_events

EventFilter of_audience(v1::Audience audience) {
  v1::Filter filter;
  filter.set_audience(audience);
  return EventFilter::create(filter).value();
}

// The types with a star in dialects.md section 3.
EventFilter of_replayed() {
  v1::Filter filter;
  for (const EventType& type : event_types()) {
    if (type.replay) filter.add_types(type.name);
  }
  return EventFilter::create(filter).value();
}

}  // namespace

std::optional<EventFilter> OpeningWindow::narrowed(const EventFilter& filter) const {
  if (filter_.proto().types().empty()) return filter;
  v1::Filter narrowed = filter.proto();
  narrowed.clear_audience();
  narrowed.clear_types();
  for (const std::string& type : filter_.proto().types()) {
    if (filter.may_admit_type(type)) narrowed.add_types(type);
  }
  if (narrowed.types().empty()) return std::nullopt;
  return EventFilter::create(narrowed).value();
}

std::vector<EventPtr> OpeningWindow::admitted(const EventFilter& narrowed) const {
  std::vector<EventPtr> admitted;
  if (filter_.proto().types().empty()) return admitted;
  for (const EventPtr& event : events_) {
    if (narrowed.admits(event->facts())) admitted.push_back(event);
  }
  return admitted;
}

std::vector<OpeningRule> opening_rules(const CoreLimits& limits) {
  return {{v1::AUDIENCE_CELL0D, of_audience(v1::AUDIENCE_CELL0D), limits.opening_events},
          {v1::AUDIENCE_CODA, of_replayed(), limits.opening_events},
          {v1::AUDIENCE_ARCANE, of_audience(v1::AUDIENCE_ARCANE), kSpells}};
}

Openings::Openings(const CoreLimits& limits) {
  for (OpeningRule& rule : opening_rules(limits)) {
    audiences_.push_back(rule.audience);
    windows_.emplace_back(std::move(rule.filter), rule.events_max);
  }
}

void Openings::start(std::vector<std::vector<EventPtr>> events) {
  CELL0_CHECK(events.size() <= windows_.size());
  for (std::size_t i = 0; i < events.size(); ++i) windows_[i].start(std::move(events[i]));
}

void Openings::push(const EventPtr& event) {
  for (OpeningWindow& window : windows_) window.push(event);
}

const OpeningWindow* Openings::find(v1::Audience audience) const {
  for (std::size_t i = 0; i < audiences_.size(); ++i) {
    if (audiences_[i] == audience) return &windows_[i];
  }
  return nullptr;
}

}  // namespace cell0::gateway
