// The demo's script: one step for each event, each with its type, source and data, in the order of a small scene.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/random.h"

namespace cell0::emit {

// In `data` these words are filled in: $user $model $kernel $daemon $text $answer (from lists), $ms (10-2000),
// $percent (0-100), $share (0-1), $count (1-200), $n (of the round), $session (of the round).
struct Step {
  std::string_view type;
  std::string_view source;
  std::string_view data;        // a JSON object
  std::string_view topic = {};  // may hold $session; empty: the type's
  bool in_session = false;      // its session_id is the round's
};

// One round of the scene.
std::span<const Step> script();

// The first step of that type; null if the script has none.
const Step* find_step(std::string_view type);

// What a round has in common.
struct Round {
  std::uint64_t n = 1;
  std::string user;
  std::string model;
  std::string kernel;
  std::string daemon;

  std::string session() const { return "demo-session-" + std::to_string(n); }
};
Round make_round(std::uint64_t n, Random& random);

// `text` with its words filled in; the same for the same random.
std::string fill_in(std::string_view text, const Round& round, Random& random);

}  // namespace cell0::emit
