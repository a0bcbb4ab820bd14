#include "gateway/renderer.h"

namespace cell0::gateway {

const char* to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::kSlow:
      return "slow";
    case SkipReason::kGap:
      return "gap";
    case SkipReason::kNotRetained:
      return "not_retained";
  }
  return "gap";
}

void render(const Renderer& renderer, std::string& out, const Event& event) {
  if (event.is_hole()) {
    renderer.skipped(out, {event.hole_from(), event.seq(), 0, std::nullopt, event.hole_reason()});
  } else {
    renderer.event(out, event);
  }
}

}  // namespace cell0::gateway
