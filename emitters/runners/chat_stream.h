// What an OpenAI-compatible server is asked and what it says, as values: the body of POST /chat/completions, and the
// events of its stream. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/json.h"
#include "emitters/runners/run_output.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

// One JSON object: model, messages (instructions, history, then context and prompt), stream: true, with usage.
std::string chat_request(const RunnerConfig& config, const RunRequest& request);

// The message of an error's body, {"error":{"message"}} or {"error":"..."}; else its beginning.
std::string error_message(std::string_view body);

// A stream of chat.completion.chunk objects, as output of a run. Text is delta.content; delta.reasoning_content and
// delta.reasoning, as some servers say it, are thinking; delta.tool_calls are put together by their index and told once
// complete. They have no results: nobody here runs the model's tools.
class ChatStream {
 public:
  // `output` outlives it.
  explicit ChatStream(RunOutput& output) : output_(output) {}

  enum class State {
    kGoesOn,
    kDone,   // "[DONE]"
    kFull,   // the output is over its bound
    kBad,    // not what the protocol says: why()
    kError,  // the server says that it failed: why()
  };
  State on_data(std::string_view data);

  // A server that closes after its last chunk without "[DONE]" has said all.
  bool has_finish_reason() const { return !finish_reason_.empty(); }
  const std::string& why() const { return why_; }
  std::string details_json() const;  // {"finish_reason":...}

 private:
  struct Call {
    std::string name;
    std::string arguments;
  };

  State on_object(const rapidjson::Value& chunk);
  State on_delta(const rapidjson::Value& delta);
  State on_calls(const rapidjson::Value& calls);
  State tell_calls();
  void on_usage(const rapidjson::Value& usage);
  State bad(std::string why);

  RunOutput& output_;
  std::map<std::uint64_t, Call> calls_;
  std::string finish_reason_;
  std::string why_;
};

}  // namespace cell0::emit
