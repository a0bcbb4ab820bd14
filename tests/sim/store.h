// The log as the simulation sees it: what survives on the broker's machine (Store), and the log while a broker runs on
// it (RunningLog). Two kinds: a model (model_log.h), and the real one on SQLite (sqlite_log.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/history.h"
#include "broker/notes.h"
#include "broker/rules.h"
#include "broker/sequencer.h"
#include "tests/sim/world.h"

namespace cell0::sim {

struct DiskTimes {
  Duration commit_min = microseconds(200);
  Duration commit_max = milliseconds(3);
  Duration page_max = milliseconds(2);
};

struct StoredEvent {
  broker::RuleId rule = 0;
  v1::Durability durability = v1::DURABLE;
  std::string delivered;  // encoded
};

// What the invariants look at, whatever the broker says.
class LogView {
 public:
  virtual ~LogView() = default;
  virtual bool holds(Seq seq) const = 0;
  // By retention, at any time: a power cut may bring it back.
  virtual bool was_trimmed(Seq seq) const = 0;
  // What history would say to this filter.
  virtual Seq trimmed_through(const EventFilter& filter) const = 0;
};

class RunningLog {
 public:
  virtual ~RunningLog() = default;  // its process is killed
  virtual broker::Sequencer& sequencer() = 0;
  virtual broker::History& history() = 0;
  virtual std::vector<broker::OriginNote> origins() const = 0;
  virtual void keep_house() = 0;  // about once a second
};

class Store : public LogView {
 public:
  // Called when events stand in the log, before anyone is told.
  using OnStored = std::function<void(const std::map<Seq, StoredEvent>& events)>;

  // A broker starts. An error: it cannot now.
  virtual Result<std::unique_ptr<RunningLog>> open(OnStored on_stored) = 0;

  // REQUIRES: nobody runs on it. What was not synced may be gone.
  virtual void cut_power(Dice& dice) = 0;

  virtual bool is_full() const = 0;
  virtual void set_full(bool full) = 0;
};

}  // namespace cell0::sim
