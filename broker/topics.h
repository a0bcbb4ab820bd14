// The topics that have had events since the start, with their counts; and which rule their events belong to.
//
// Bounded: beyond the limit the topic longest silent is forgotten. Pure; one thread. One lookup per event.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/drafts.h"
#include "broker/rules.h"
#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

class Topics {
 public:
  // REQUIRES: topics_max > 0; rules outlive the table.
  Topics(const RuleTable& rules, std::size_t topics_max) : rules_(rules), topics_max_(topics_max) {}

  struct Topic {
    std::string name;
    std::uint64_t events = 0;
    Seq last_seq{};
    WallTime last{};
    std::string type;  // the last event's, for which `rule` holds
    RuleId rule = 0;
    std::uint64_t turn = 0;  // of the last event: which drafts it is in, and where
    std::size_t index = 0;
  };

  // Counts an event that was taken as the `index`-th draft of a turn; the rule it belongs to. REQUIRES: turns never go
  // back, and begin with 1.
  RuleId count(std::string_view topic, std::string_view type, WallTime now, std::uint64_t turn, std::size_t index);

  // The drafts have their seqs now.
  void committed(const Drafts& drafts);

  // The latest first, at most `count_max` (0: all).
  v1::TopicsAnswer answer(std::size_t count_max) const;

  std::size_t size() const { return by_name_.size(); }

 private:
  using List = std::list<Topic>;  // the latest at the front

  Topic& touch(std::string_view name);

  const RuleTable& rules_;
  std::size_t topics_max_;
  List topics_;
  std::unordered_map<std::string_view, List::iterator> by_name_;  // keys view into the list
  bool forgot_ = false;
};

}  // namespace cell0::broker
