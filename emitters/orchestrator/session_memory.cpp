#include "emitters/orchestrator/session_memory.h"

#include "common/json.h"
#include "emitters/orchestrator/session_events.h"

namespace cell0::emit {

void SessionMemory::set_scratchpad(const std::string& context_json) {
  if (!context_json.empty() && context_json.size() <= kScratchpadBytesMax) scratchpad_ = context_json;
}

void SessionMemory::remember(const std::string& task_id, const std::string& prompt, const RunResult& result) {
  if (episodes_.size() == kTasksMax) episodes_.pop_front();
  episodes_.push_back({task_id, std::string(cut_utf8(prompt, kTurnBytesMax)),
                       std::string(cut_utf8(result.ok ? result.text : result.error, kTurnBytesMax)), result.ok});
}

std::vector<Turn> SessionMemory::turns() const {
  std::vector<Turn> turns;
  for (const Episode& episode : episodes_) {
    if (!episode.ok || episode.answer.empty()) continue;
    turns.push_back({"user", episode.prompt});
    turns.push_back({"assistant", episode.answer});
  }
  return turns;
}

v1::SessionMemory SessionMemory::record() const {
  std::string episodic;
  JsonWriter json(episodic);
  json.begin_array();
  for (const Episode& episode : episodes_) {
    json.begin_object();
    json.member("taskId", episode.task_id);
    json.member("prompt", cut_utf8(episode.prompt, kShownBytesMax));
    json.member(episode.ok ? "output" : "error", cut_utf8(episode.answer, kShownBytesMax));
    json.end_object();
  }
  json.end_array();

  v1::SessionMemory record;
  record.mutable_scratchpad()->set_text(scratchpad_);
  record.mutable_episodic()->set_text(std::move(episodic));
  record.mutable_semantic()->set_text(facts_);
  return record;
}

}  // namespace cell0::emit
