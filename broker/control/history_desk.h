// Answers history requests with pages of History. Bounded per peer and in total; more are refused with kUnavailable.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/chain.h"
#include "broker/control/answers.h"
#include "broker/counters.h"
#include "broker/history.h"
#include "broker/limits.h"

namespace cell0::broker {

class HistoryDesk {
 public:
  // All outlive it.
  HistoryDesk(const Limits& limits, History& history, const Chain& chain, Answers& answers, Counters& counters)
      : limits_(limits), history_(history), chain_(chain), answers_(answers), counters_(counters) {}
  ~HistoryDesk() { *alive_ = false; }

  // kInvalid: the filter. kUnavailable: too many are open. Else it is answered later.
  Result<void> open(std::string_view peer, std::uint64_t id, std::string_view body);

  // Answers what is open with kUnavailable: the broker stops.
  void close();

  std::size_t size() const { return open_.size(); }

 private:
  struct Open {
    std::string peer;
    std::uint64_t id = 0;
  };

  void finish(std::uint64_t number, const Result<std::string>& page);
  void forget(std::uint64_t number);

  const Limits& limits_;
  History& history_;
  const Chain& chain_;
  Answers& answers_;
  Counters& counters_;
  std::unordered_map<std::uint64_t, Open> open_;  // by a number of their own
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::string, std::size_t> per_peer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for a page that comes after the destructor
};

}  // namespace cell0::broker
