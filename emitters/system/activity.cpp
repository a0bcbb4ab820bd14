#include "emitters/system/activity.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cell0::emit {
namespace {

enum class Turn { kNone, kOn, kOff };

// A model that infers is loaded, whoever missed the loading.
Turn model_turn(std::string_view action) {
  if (action == "loaded" || action.starts_with("inference_")) return Turn::kOn;
  return action == "unloaded" ? Turn::kOff : Turn::kNone;
}

// Events of kernels are free text: "kernel_started", "started", "kernel.exited" ... Their last word tells.
Turn kernel_turn(std::string_view event) {
  constexpr std::array<std::string_view, 5> kOn = {"started", "start", "running", "resumed", "registered"};
  constexpr std::array<std::string_view, 10> kOff = {"stopped", "stop",   "finished",   "completed", "failed",
                                                     "exited",  "killed", "terminated", "crashed",   "unregistered"};
  const std::string_view word = event.substr(event.find_last_of("_.- ") + 1);
  if (std::find(kOn.begin(), kOn.end(), word) != kOn.end()) return Turn::kOn;
  return std::find(kOff.begin(), kOff.end(), word) != kOff.end() ? Turn::kOff : Turn::kNone;
}

void turn(std::set<std::string>& names, const std::string& name, Turn turn) {
  if (turn == Turn::kOff) names.erase(name);
  if (turn == Turn::kOn && names.size() < Activity::kNamesMax) names.insert(name);
}

}  // namespace

void Activity::apply(const v1::Envelope& envelope) {
  if (envelope.has_model_activity()) {
    const auto& activity = envelope.model_activity();
    turn(models_, activity.model_name(), model_turn(activity.action()));
  } else if (envelope.has_mcic_event()) {
    const auto& event = envelope.mcic_event();
    turn(kernels_, event.kernel_id(), kernel_turn(event.event()));
  }
}

}  // namespace cell0::emit
