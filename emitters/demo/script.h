// The demo's script: strands of steps that run beside each other, each step an event with its pause, source and data.
//
// Pure: the same seed plays the same scene. Strands (strands.cpp): a voice conversation, a daemon's life, two agent
// sessions of which one fails, the machine's own figures, and people who talk.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"

namespace cell0::emit {

// Whose words a step is repeated for, once each, with $piece (the word), $sofar (all up to it) and $index (from 0).
enum class Each { kOnce, kQuestion, kAnswer };

// In `data`, `session` and `topic` these words are filled in. Of the round: $n $user $model $kernel $daemon $role $task
// $question $answer $words (of the answer), $voice $agent $broken (session ids). By chance: $ms (10-2000),
// $percent (0-100), $share (0-1), $count (1-200).
struct Step {
  std::chrono::milliseconds after;  // since the strand's step before
  std::string_view type;
  std::string_view source;
  std::string_view data;          // a JSON object
  std::string_view session = {};  // its session_id; empty: none
  std::string_view topic = {};    // empty: the type's
  Each each = Each::kOnce;
};

// A story that needs no other one; its first step follows `begin`.
struct Strand {
  std::chrono::milliseconds begin;
  std::span<const Step> steps;
};

std::span<const Strand> strands();

// The first step of that type; null if no strand has one.
const Step* find_step(std::string_view type);

// What a round has in common.
struct Round {
  std::uint64_t n = 1;
  std::string user;
  std::string model;
  std::string kernel;
  std::string daemon;
  std::string role;
  std::string task;
  std::string question;
  std::string answer;
};
Round make_round(std::uint64_t n, Random& random);

// `text` with its words filled in; the same for the same random. `piece` counts the words of a repeated step.
std::string fill_in(std::string_view text, const Round& round, Random& random, std::size_t piece = 0,
                    Each each = Each::kOnce);

// One event of a round, ready to be published.
struct Cue {
  std::chrono::nanoseconds at{0};  // since the round began
  std::string_view type;
  std::string_view source;
  std::string data;
  std::string session;
  std::string topic;
};

// A whole round in order, of `events_per_second` on average; pauses vary by a quarter either way.
struct Plan {
  std::vector<Cue> cues;
  std::chrono::nanoseconds length{0};
};
Plan plan_round(const Round& round, Random& random, double events_per_second);

}  // namespace cell0::emit
