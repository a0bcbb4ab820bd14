// DemoSource: plays the scene at a rate, or numbered events of one type for load tests.
#pragma once

#include <asio/steady_timer.hpp>

#include "common/random.h"
#include "emitters/demo/script.h"
#include "emitters/runtime/host.h"

namespace cell0::emit {

// Numbered events carry "n": 1, 2, 3 ... in their data. None is lost to a full queue: it slows down instead, and
// catches up later.
class DemoSource final : public Source {
 public:
  explicit DemoSource(Host& host);

 private:
  static constexpr Duration kTick = std::chrono::milliseconds(5);
  static constexpr std::uint64_t kEventsPerTickMax = 2000;

  void tick();
  void end();
  bool is_due() const;
  bool has_room() const;
  Result<void> emit_next();
  Result<void> emit_cue();
  Result<void> emit_numbered();
  void next_round();

  Host& host_;
  const EmitDemoConfig& config_;
  SeededRandom random_;
  Round round_;
  Plan plan_;
  std::size_t cue_ = 0;
  std::uint64_t emitted_ = 0;
  MonoTime begin_;  // of the round; of everything with numbered events
  asio::steady_timer timer_;
};

}  // namespace cell0::emit
