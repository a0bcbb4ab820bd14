// The registry of daemons: who is summoned, what each has done, whether the veil is drawn. A value that can be saved
// and loaded; what it decides it decides at once and alone. Pure: no loop, no broker, no runner.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "emitters/daemons/daemon_profile.h"

namespace cell0::emit {

// One invocation that has ended.
struct Invocation {
  std::uint64_t number = 0;   // of this daemon, from 1, over everything
  std::string task;           // its beginning
  WallTime at;                // when it ended
  double execution_time = 0;  // seconds
  bool success = true;
  std::string error;  // "": none
};

// What is remembered of a daemon. Times in seconds.
struct DaemonRecord {
  bool summoned = false;
  std::optional<WallTime> summoned_at;
  std::uint64_t summons = 0;
  std::uint64_t invocations = 0;  // since it was summoned
  double execution_time = 0;      // since it was summoned
  std::uint64_t total_invocations = 0;
  std::uint64_t failed_invocations = 0;  // of them
  double total_execution_time = 0;
  std::deque<Invocation> history;  // the newest, oldest first

  double average_execution_time() const {
    return total_invocations == 0 ? 0 : total_execution_time / static_cast<double>(total_invocations);
  }
};

class Registry {
 public:
  static constexpr std::size_t kTaskShown = 200;  // bytes of a task in the history

  // `history_max`: invocations kept of each daemon.
  Registry(std::vector<DaemonProfile> profiles, std::size_t history_max, bool veil);

  const std::vector<DaemonProfile>& profiles() const { return profiles_; }
  std::vector<std::string> names() const;

  // kNotFound: there is no such daemon; the text names those that there are.
  Result<const DaemonProfile*> find(std::string_view name) const;
  const DaemonRecord& record(const DaemonProfile& profile) const { return records_.at(profile.name); }

  // kConflict: it is summoned already.
  Result<void> summon(const DaemonProfile& profile, WallTime now);
  // kConflict: it is not summoned. What it did since it was summoned can be read until the next summon().
  Result<void> banish(const DaemonProfile& profile);
  // kConflict: it is not summoned.
  Result<void> check_summoned(const DaemonProfile& profile) const;
  // An invocation has ended; gives it its number.
  const Invocation* invoked(const DaemonProfile& profile, Invocation invocation);

  bool veil() const { return veil_; }
  void set_veil(bool veil) { veil_ = veil; }

  // Everything, as JSON, at most `bytes_max`: beyond it the histories go first. Every save has a higher revision than
  // the one before it and the one that was loaded.
  std::string save(std::string_view author, std::size_t bytes_max);
  // What was saved, instead of what is. Daemons that are no longer known are left out. kInvalid: not what save()
  // wrote; then nothing has changed.
  Result<void> load(std::string_view saved);
  // Who saved it, and its revision; empty and 0: it is no saved text.
  struct Stamp {
    std::string author;
    std::uint64_t revision = 0;
  };
  static Stamp stamp_of(std::string_view saved);
  std::uint64_t revision() const { return revision_; }

 private:
  std::vector<DaemonProfile> profiles_;
  std::map<std::string, DaemonRecord, std::less<>> records_;
  std::size_t history_max_;
  bool veil_;
  std::uint64_t revision_ = 0;
  Invocation last_;  // what invoked() gave, where no history is kept
};

}  // namespace cell0::emit
