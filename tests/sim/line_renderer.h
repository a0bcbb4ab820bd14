// How a client of the simulation sees the stream: one line for each event and notice, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/renderer.h"
#include "tests/sim/invariants.h"

namespace cell0::sim {

// "event <seq> <id> <padding>", "skipped <from> <to> <above> <reason>", "resumed <recovered> <first> <last>". The
// padding is the event's data: events weigh what they weigh.
class LineRenderer final : public gateway::Renderer {
 public:
  void event(std::string& out, const gateway::Event& event) const override;
  void skipped(std::string& out, const gateway::Skipped& skipped) const override;
  void resumed(std::string& out, const gateway::Resumed& resumed) const override;
};

struct SeenLine {
  static SeenLine parse(std::string_view line);  // REQUIRES: a whole line of a LineRenderer, without its end

  std::optional<std::pair<Seq, EventName>> event;
  std::optional<gateway::Skipped> skipped;
  std::optional<gateway::Resumed> resumed;
};

}  // namespace cell0::sim
