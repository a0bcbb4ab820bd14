// DemoSource: plays the script at a rate, or numbered events of one type for load tests.
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
  std::uint64_t due() const;
  bool has_room() const;
  Result<void> emit_next();
  Result<void> emit_scene();
  Result<void> emit_numbered();

  Host& host_;
  const EmitDemoConfig& config_;
  SeededRandom random_;
  Round round_;
  std::size_t step_ = 0;
  std::uint64_t emitted_ = 0;
  MonoTime begin_;
  asio::steady_timer timer_;
};

}  // namespace cell0::emit
