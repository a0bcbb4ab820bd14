// Activity: which models are loaded and which compute kernels run, folded from model_activity and mcic_event events.
#pragma once

#include <set>
#include <string>

#include "cell0/v1/event.pb.h"

namespace cell0::emit {

// Pure; one thread. Bounded: at most kNamesMax of each; further ones are not added until one goes.
class Activity {
 public:
  static constexpr std::size_t kNamesMax = 256;

  // Events in the order of the stream; others than those two types are passed over.
  void apply(const v1::Envelope& envelope);

  const std::set<std::string>& models_loaded() const { return models_; }
  const std::set<std::string>& active_kernels() const { return kernels_; }

 private:
  std::set<std::string> models_;
  std::set<std::string> kernels_;
};

}  // namespace cell0::emit
