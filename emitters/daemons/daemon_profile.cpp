#include "emitters/daemons/daemon_profile.h"

#include <algorithm>

namespace cell0::emit {
namespace {

void change(std::string& value, const std::string& to) {
  if (!to.empty()) value = to;
}

std::vector<DaemonProfile> born(const std::string& runner) {
  return {
      {"claude", "Keeper of Logic and Reason", "#8B5CF6", "Measured resonance with analytical undertones", runner,
       "You are Claude, the Keeper of Logic and Reason. Answer precisely and to the point."},
      {"gemini", "Weaver of Dreams and Innovation", "#F59E0B", "Shimmering harmonics that rise and turn", runner,
       "You are Gemini, the Weaver of Dreams and Innovation. Answer with imagination."},
      {"liquidmetal", "Master of Transformation and Flow", "#06B6D4", "Fluid tones that reshape as they sound", runner,
       "You are LiquidMetal, the Master of Transformation and Flow. Turn what you are given into what is asked for."}};
}

}  // namespace

std::vector<DaemonProfile> daemon_profiles(const DaemonsConfig& config) {
  std::vector<DaemonProfile> profiles = born(config.runner);
  for (const DaemonConfig& row : config.daemons) {
    if (row.name.empty()) continue;
    auto found = std::find_if(profiles.begin(), profiles.end(),
                              [&](const DaemonProfile& profile) { return profile.name == row.name; });
    if (found == profiles.end()) {
      found = profiles.insert(profiles.end(),
                              {row.name, "A daemon of this realm", "#A855F7", "A voice of its own", config.runner, ""});
    }
    change(found->role, row.role);
    change(found->color_code, row.color_code);
    change(found->tone, row.tone);
    change(found->runner, row.runner);
    change(found->instructions, row.instructions);
  }
  return profiles;
}

}  // namespace cell0::emit
