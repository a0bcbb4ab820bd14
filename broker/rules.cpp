#include "broker/rules.h"

#include <algorithm>

#include "common/event_check.h"
#include "common/topic.h"

namespace cell0::broker {
namespace {

std::string name_of(const Rule& rule) { return "rule {topic \"" + rule.topic + "\", type \"" + rule.type + "\"}"; }

bool more_specific(const Rule& a, const Rule& b) {
  if (a.topic.size() != b.topic.size()) return a.topic.size() > b.topic.size();
  return !a.type.empty() && b.type.empty();
}

bool same_place(const Rule& a, const Rule& b) { return a.topic == b.topic && a.type == b.type; }

Result<void> check_rule(const Rule& rule) {
  if (!rule.topic.empty()) {
    if (auto topic = check_topic(rule.topic); !topic) {
      return Error{ErrorCode::kInvalid, name_of(rule) + ": topic: " + topic.error().text};
    }
  }
  if (!rule.type.empty() && !is_type_name(rule.type)) {
    return Error{ErrorCode::kInvalid, name_of(rule) + ": type: not the name of an event type"};
  }
  return {};
}

// Takes the first part off.
std::string_view take_part(std::string_view& topic) {
  const auto dot = topic.find('.');
  const std::string_view part = topic.substr(0, dot);
  topic = dot == std::string_view::npos ? std::string_view{} : topic.substr(dot + 1);
  return part;
}

}  // namespace

Result<RuleTable> RuleTable::create(std::vector<Rule> rules) {
  std::vector<Rule> kept;
  rules.insert(rules.begin(), Rule{});  // the implied one; a given one like it stands later
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    if (auto checked = check_rule(*rule); !checked) return checked.error();
    const auto like_it = [&](const Rule& other) { return same_place(other, *rule); };
    if (std::none_of(rule + 1, rules.end(), like_it)) kept.push_back(*rule);
  }
  std::stable_sort(kept.begin(), kept.end(), more_specific);
  return RuleTable(std::move(kept));
}

RuleId RuleTable::match(std::string_view topic, std::string_view type) const {
  for (RuleId id = 0; id < rules_.size(); ++id) {
    const Rule& rule = rules_[id];
    if (!rule.type.empty() && rule.type != type) continue;
    if (rule.topic.empty() || topic_under(topic, rule.topic)) return id;
  }
  CELL0_CHECK(!"the implied rule fits everything");
  return 0;
}

std::vector<RuleId> RuleTable::touched(const EventFilter& filter) const {
  std::vector<RuleId> ids;
  for (RuleId id = 0; id < rules_.size(); ++id) {
    if (may_hold(rules_[id], filter)) ids.push_back(id);
  }
  return ids;
}

bool RuleTable::may_hold_relaxed(const EventFilter& filter) const {
  const auto relaxed = [&](RuleId id) {
    const Rule& rule = rules_[id];
    if (rule.durability != v1::DURABILITY_UNSPECIFIED) return rule.durability == v1::RELAXED;
    const auto fits = [&](const EventType& type) {
      return type.durability == v1::RELAXED && (rule.type.empty() || rule.type == type.name) &&
             filter.may_admit_type(type.name);
    };
    return std::any_of(event_types().begin(), event_types().end(), fits);
  };
  const auto ids = touched(filter);
  return std::any_of(ids.begin(), ids.end(), relaxed);
}

bool RuleTable::may_hold(const Rule& rule, const EventFilter& filter) const {
  if (rule.durability == v1::EPHEMERAL) return false;  // it holds nothing
  if (!rule.type.empty() && !filter.may_admit_type(rule.type)) return false;
  if (rule.type.empty() && all_types_elsewhere(rule, filter)) return false;
  if (rule.topic.empty()) return true;
  const auto meets = [&](const auto& globs) {
    return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                        [&](const std::string& glob) { return glob_meets_prefix(glob, rule.topic); });
  };
  return meets(filter.proto().topics()) && meets(filter.proto().allowed_topics());
}

// The filter names its types, and for each there is a rule of the same topic that is more specific.
bool RuleTable::all_types_elsewhere(const Rule& rule, const EventFilter& filter) const {
  const auto& types = filter.proto().types();
  if (types.empty() || filter.proto().audience() != v1::AUDIENCE_ANY) return false;
  return std::all_of(types.begin(), types.end(), [&](const std::string& type) {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const Rule& other) { return other.topic == rule.topic && other.type == type; });
  });
}

bool glob_meets_prefix(std::string_view glob, std::string_view prefix) {
  while (!prefix.empty()) {
    if (glob.empty()) return false;  // it matches shorter topics only
    const std::string_view wanted = take_part(glob);
    if (wanted == ">") return true;
    const std::string_view part = take_part(prefix);
    if (wanted != "*" && wanted != part) return false;
  }
  return true;
}

}  // namespace cell0::broker
