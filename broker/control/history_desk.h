// Answers history requests: their scans take turns, a slice each, so that none holds the loop or the others.
//
// Bounded per peer and in total; more are refused with kUnavailable.
#pragma once

#include <asio/io_context.hpp>
#include <list>
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
  HistoryDesk(asio::io_context& io, const Limits& limits, const Store& store, const Chain& chain, Answers& answers,
              Counters& counters);
  ~HistoryDesk();

  // kInvalid: the filter. kUnavailable: too many are open. Else it is answered later.
  Result<void> open(std::string_view peer, std::uint64_t id, std::string_view body);

  // Answers what is open with kUnavailable: the broker stops.
  void close();

  std::size_t size() const { return scans_.size(); }

 private:
  struct Open {
    std::string peer;
    std::uint64_t id = 0;
    HistoryScan scan;
  };

  void post_slice();
  void slice();
  void finish(std::list<Open>::iterator open);
  void forget(std::list<Open>::iterator open);

  asio::io_context& io_;
  const Limits& limits_;
  const Store& store_;
  const Chain& chain_;
  Answers& answers_;
  Counters& counters_;
  std::list<Open> scans_;  // the next one's turn at the front
  std::unordered_map<std::string, std::size_t> per_peer_;
  bool posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for a slice posted before the destructor
};

}  // namespace cell0::broker
