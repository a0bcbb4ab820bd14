// SessionMemory: what a session remembers of its tasks: for runners that answer in context, and as memoryContext for
// whoever looks. Bounded: the oldest is forgotten first. A value; pure.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cell0/v1/event.pb.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class SessionMemory {
 public:
  static constexpr std::size_t kTasksMax = 20;
  static constexpr std::size_t kTurnBytesMax = 16u << 10;  // of a prompt, and of an answer, as a turn
  static constexpr std::size_t kShownBytesMax = 400;       // of them in memoryContext
  static constexpr std::size_t kScratchpadBytesMax = 8u << 10;

  // `facts_json`: an object, of what holds for all of the session.
  explicit SessionMemory(std::string facts_json) : facts_(std::move(facts_json)) {}

  // What came with a task; too large a one is not kept. `context_json`: an object, or empty.
  void set_scratchpad(const std::string& context_json);
  void remember(const std::string& task_id, const std::string& prompt, const RunResult& result);

  std::vector<Turn> turns() const;  // of the tasks that were answered
  v1::SessionMemory record() const;

 private:
  struct Episode {
    std::string task_id;
    std::string prompt;
    std::string answer;  // or the error
    bool ok = false;
  };

  std::string facts_;
  std::string scratchpad_ = "{}";
  std::deque<Episode> episodes_;
};

}  // namespace cell0::emit
