// SystemSource: system_status, system_metrics and the server's heartbeat, each on its own timer.
#pragma once

#include <asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "emitters/runtime/child_lines.h"
#include "emitters/runtime/host.h"
#include "emitters/sdk/coda.h"
#include "emitters/system/broker_view.h"
#include "emitters/system/machine.h"

namespace cell0::emit {

class SystemSource final : public Source {
 public:
  explicit SystemSource(Host& host);

 private:
  // Until the first status, which is to know of the broker's clients; without a broker it goes out all the same.
  static constexpr Duration kBrokerPatience = std::chrono::milliseconds(200);
  static constexpr Duration kHeartbeatInterval = std::chrono::seconds(30);  // dialects.md section 1

  void every(asio::steady_timer& timer, Duration interval, std::function<void()> act);
  void ask_and_emit_status();
  void emit_status();
  void emit_metrics();
  void beat();
  void look_at_gpus();
  std::string details() const;

  Host& host_;
  Machine machine_;  // each of the two has its own, so that "since the sample before" is its own interval
  Machine metrics_machine_;
  BrokerView broker_;
  coda::Source metrics_;
  Sample sample_;
  std::vector<Gpu> gpus_;
  std::vector<Gpu> gpus_found_;  // by the query under way
  std::unique_ptr<ChildLines> gpu_query_;
  bool has_gpus_;
  std::uint64_t beats_ = 0;
  asio::steady_timer status_timer_;
  asio::steady_timer metrics_timer_;
  asio::steady_timer heartbeat_timer_;
};

}  // namespace cell0::emit
