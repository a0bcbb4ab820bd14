// Acknowledged consumers: how far each has come, and who has it open (dialects.md, "Acknowledgement").
//
// A consumer is a name of an entity's. Whoever opens it last has it: each opening has a higher epoch, over restarts of
// the broker too, and acknowledgements of an older one are refused. Positions only grow. Bounded: beyond consumers_max
// the one longest unused goes if it is unused for idle_min, else a new one is refused. Pure; one thread.
//
// What has changed is handed out once as notes, to be committed with the next turn; what could not be is given back.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/notes.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

struct ConsumerLimits {
  std::size_t consumers_max = 10'000;
  Duration idle_min = std::chrono::hours(24 * 7);
};

class Consumers {
 public:
  struct Name {
    std::string_view entity;
    std::string_view consumer;
  };
  struct State {
    bool open = true;  // false: someone has opened it since; epoch is theirs
    std::uint64_t epoch = 0;
    Seq position;
    bool known = true;      // it was there before
    std::string displaced;  // the peer that had it open until now; empty: none, or the same one
  };

  explicit Consumers(ConsumerLimits limits) : limits_(limits) {}

  // For `peer`. `epoch` 0: anew, which takes it from whoever has it; else the asker's own of before, when the link was
  // gone meanwhile. One that is not known begins at `begin`; a position behind `begin` of one opened again moves there.
  // kFull: too many.
  Result<State> open(const Name& name, Seq begin, std::uint64_t epoch, std::string_view peer, WallTime now);

  // What is known of it; nullopt: nothing. Changes nothing.
  std::optional<State> look(const Name& name);

  // Everything up to `seq` is done. kNotFound: it is not known.
  Result<State> acknowledge(const Name& name, std::uint64_t epoch, Seq seq, WallTime now);

  // A position of an earlier run.
  void restore(const Name& name, Seq position, WallTime now);

  // What has changed since the last call, appended.
  void take_notes(std::vector<ConsumerNote>& notes);
  // These could not be committed: take_notes() gives them again, as they are then.
  void not_committed(const std::vector<ConsumerNote>& notes);

  std::size_t size() const { return by_name_.size(); }

 private:
  struct Entry {
    std::string entity;
    std::string consumer;
    std::string name;  // the key
    Seq position;
    std::uint64_t epoch = 0;
    std::string peer;
    WallTime used{};
    bool changed = false;
  };
  using Entries = std::list<Entry>;  // the last used at the front

  std::string_view key_of(const Name& name);
  Entry* find(const Name& name);
  Entry& add(const Name& name);
  bool make_room(WallTime now);
  void touch(Entry& entry, WallTime now);
  void mark(Entry& entry);

  ConsumerLimits limits_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_name_;  // keys view into the entries
  std::vector<std::string> changed_;                                 // keys
  std::vector<ConsumerNote> forgotten_;
  std::string key_;
};

}  // namespace cell0::broker
