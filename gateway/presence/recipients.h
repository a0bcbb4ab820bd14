// How many subscribers a topic has on all gateways together: questions to the broker, gathered.
//
// At most one question is under way; what is asked meanwhile goes with the next. Pure; one thread. Bounded: over
// kWaitingMax, and while the broker is away, the count of this gateway is the answer, at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/result.h"

namespace cell0::gateway {

class Recipients {
 public:
  static constexpr std::size_t kWaitingMax = 10'000;
  static constexpr int kPerRequestMax = 500;

  using Done = std::function<void(std::uint64_t count)>;
  using CountHere = std::function<std::uint32_t(const std::string& topic)>;

  explicit Recipients(CountHere count_here) : count_here_(std::move(count_here)) {}

  void ask(const std::string& topic, Done done, bool connected);

  bool due() const { return !asking_ && !waiting_.empty(); }
  // REQUIRES: due(). Then a question is under way.
  v1::SubscriberCountsRequest request();
  void on_answer(const Result<v1::SubscriberCountsAnswer>& answer);
  // The broker is away: whoever waits for a question that was not asked is answered.
  void on_link_down();

 private:
  using Questions = std::map<std::string, std::vector<Done>>;
  void answer_here(Questions questions) const;

  CountHere count_here_;
  Questions waiting_;
  Questions asked_;
  std::size_t waiting_count_ = 0;
  bool asking_ = false;
};

}  // namespace cell0::gateway
