#include "emitters/daemons/registry.h"

#include <algorithm>

#include "common/utf8.h"
#include "emitters/daemons/text_cut.h"

namespace cell0::emit {

Registry::Registry(std::vector<DaemonProfile> profiles, std::size_t history_max, bool veil)
    : profiles_(std::move(profiles)), history_max_(history_max), veil_(veil) {
  for (const DaemonProfile& profile : profiles_) records_[profile.name];
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const DaemonProfile& profile : profiles_) names.push_back(profile.name);
  return names;
}

Result<const DaemonProfile*> Registry::find(std::string_view name) const {
  const auto found = std::find_if(profiles_.begin(), profiles_.end(),
                                  [&](const DaemonProfile& profile) { return profile.name == name; });
  if (found != profiles_.end()) return &*found;
  std::string known;
  for (const DaemonProfile& profile : profiles_) known += (known.empty() ? "" : ", ") + profile.name;
  return Error{ErrorCode::kNotFound, "daemon_name: \"" + printable(name, 64) + "\" is no daemon (" + known + ")"};
}

Result<void> Registry::summon(const DaemonProfile& profile, WallTime now) {
  DaemonRecord& record = records_.at(profile.name);
  if (record.summoned) {
    return Error{ErrorCode::kConflict, profile.name + " is summoned already; banish it first, or invoke it"};
  }
  record.summoned = true;
  record.summoned_at = now;
  ++record.summons;
  record.invocations = 0;
  record.execution_time = 0;
  return {};
}

Result<void> Registry::check_summoned(const DaemonProfile& profile) const {
  if (records_.at(profile.name).summoned) return {};
  return Error{ErrorCode::kConflict, profile.name + " is not summoned; summon it first"};
}

Result<void> Registry::banish(const DaemonProfile& profile) {
  if (auto checked = check_summoned(profile); !checked) return checked;
  DaemonRecord& record = records_.at(profile.name);
  record.summoned = false;
  record.summoned_at.reset();
  return {};
}

const Invocation* Registry::invoked(const DaemonProfile& profile, Invocation invocation) {
  DaemonRecord& record = records_.at(profile.name);
  if (record.summoned) {
    ++record.invocations;
    record.execution_time += invocation.execution_time;
  }
  ++record.total_invocations;
  record.total_execution_time += invocation.execution_time;
  if (!invocation.success) ++record.failed_invocations;
  invocation.number = record.total_invocations;
  invocation.task = cut_text(invocation.task, kTaskShown);
  invocation.error = cut_text(invocation.error, kTaskShown);
  record.history.push_back(invocation);
  if (record.history.size() > history_max_) record.history.pop_front();
  last_ = std::move(invocation);
  return &last_;
}

}  // namespace cell0::emit
