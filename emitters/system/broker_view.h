// BrokerView: what the system's status says of the fabric: clients of all gateways, events waiting, models, kernels.
//
// Asks the broker (stats, and the history of two types) and keeps the last answers; while the broker is away they stay.
#pragma once

#include <functional>
#include <memory>

#include "common/link/control_client.h"
#include "emitters/system/activity.h"

namespace cell0::emit {

// One thread, the loop's.
class BrokerView {
 public:
  // The client outlives the view.
  explicit BrokerView(link::ControlClient& control) : control_(control) {}
  ~BrokerView() { *alive_ = false; }
  BrokerView(const BrokerView&) = delete;
  BrokerView& operator=(const BrokerView&) = delete;

  // Asks anew and calls `done` when the answers are there, or will not come (within kAnswerTimeout each).
  void refresh(std::function<void()> done);

  std::uint64_t connected_clients() const { return connected_clients_; }
  std::uint64_t queued() const { return queued_; }
  const Activity& activity() const { return activity_; }

 private:
  static constexpr Duration kAnswerTimeout = std::chrono::seconds(2);
  static constexpr std::uint32_t kOpeningEvents = 2000;  // of the past, for the first fold
  static constexpr int kPagesMax = 20;                   // of one refresh; the next one goes on from there

  void ask_activity(int pages_left);
  void on_page(const v1::HistoryPage& page, int pages_left);
  void finish();

  link::ControlClient& control_;
  Activity activity_;
  std::uint64_t connected_clients_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t scanned_through_ = 0;
  std::function<void()> done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
