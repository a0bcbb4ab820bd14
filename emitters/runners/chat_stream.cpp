#include "emitters/runners/chat_stream.h"

#include <utility>

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kShownMax = 300;
constexpr std::size_t kDepthMax = 24;                   // of a tool's input, which becomes part of an event
constexpr std::size_t kCallsMax = 64;                   // of one answer
constexpr std::size_t kArgumentsBytesMax = 256u << 10;  // of one call

void write_message(JsonWriter& json, std::string_view role, std::string_view text) {
  json.begin_object();
  json.member("role", role);
  json.member("content", text);
  json.end_object();
}

std::string joined(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + "\n\n" + second;
}

}  // namespace

std::string chat_request(const RunnerConfig& config, const RunRequest& request) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("model", config.model);
  json.key("messages");
  json.begin_array();
  const std::string instructions = joined(config.instructions, request.instructions);
  if (!instructions.empty()) write_message(json, "system", instructions);
  for (const Turn& turn : request.history) write_message(json, turn.role, turn.text);
  const bool has_context = !request.context_json.empty() && request.context_json != "{}";
  write_message(json, "user",
                has_context ? joined(request.prompt, "Context: " + request.context_json) : request.prompt);
  json.end_array();
  json.member("stream", true);
  json.raw_member("stream_options", R"({"include_usage":true})");
  json.end_object();
  return text;
}

std::string error_message(std::string_view body) {
  if (const auto parsed = parse_json(body); parsed && parsed->IsObject()) {
    const rapidjson::Value* error = json_member(*parsed, "error");
    if (error != nullptr && error->IsString()) return printable(json_text(*error), kShownMax);
    if (error != nullptr && error->IsObject()) {
      if (const auto message = json_string(*error, "message")) return printable(*message, kShownMax);
    }
  }
  return printable(body, kShownMax);
}

ChatStream::State ChatStream::on_data(std::string_view data) {
  if (data == "[DONE]") {
    const State told = tell_calls();
    return told == State::kGoesOn ? State::kDone : told;
  }
  const auto parsed = parse_json(data);
  if (!parsed) return bad("an event that is not JSON: " + printable(data, kShownMax));
  if (!parsed->IsObject()) return bad("an event that is no object: " + printable(data, kShownMax));
  if (json_member(*parsed, "error") != nullptr) {
    why_ = error_message(data);
    return State::kError;
  }
  return on_object(*parsed);
}

ChatStream::State ChatStream::on_object(const rapidjson::Value& chunk) {
  const rapidjson::Value* choices = json_member(chunk, "choices");
  if (choices == nullptr || !choices->IsArray()) return bad("an event without choices");
  if (const rapidjson::Value* usage = json_member(chunk, "usage"); usage != nullptr && usage->IsObject())
    on_usage(*usage);
  for (const rapidjson::Value& choice : choices->GetArray()) {
    if (!choice.IsObject()) return bad("a choice that is no object");
    if (const rapidjson::Value* delta = json_member(choice, "delta"); delta != nullptr && delta->IsObject()) {
      if (const State state = on_delta(*delta); state != State::kGoesOn) return state;
    }
    if (const auto reason = json_string(choice, "finish_reason"); reason && !reason->empty()) {
      finish_reason_ = *reason;
      if (const State state = tell_calls(); state != State::kGoesOn) return state;
    }
  }
  return State::kGoesOn;
}

ChatStream::State ChatStream::on_delta(const rapidjson::Value& delta) {
  constexpr std::pair<std::string_view, ChunkType> kTexts[] = {
      {"reasoning_content", ChunkType::kThinking}, {"reasoning", ChunkType::kThinking}, {"content", ChunkType::kText}};
  for (const auto& [key, type] : kTexts) {
    if (const auto text = json_string(delta, key); text && !output_.chunk(type, *text)) return State::kFull;
  }
  const rapidjson::Value* calls = json_member(delta, "tool_calls");
  return calls != nullptr && calls->IsArray() ? on_calls(*calls) : State::kGoesOn;
}

ChatStream::State ChatStream::on_calls(const rapidjson::Value& calls) {
  for (const rapidjson::Value& part : calls.GetArray()) {
    if (!part.IsObject()) return bad("a tool call that is no object");
    const std::uint64_t index = json_uint(part, "index").value_or(0);
    if (!calls_.contains(index) && calls_.size() >= kCallsMax)
      return bad("more tool calls than " + std::to_string(kCallsMax));
    Call& call = calls_[index];
    const rapidjson::Value* function = json_member(part, "function");
    if (function == nullptr || !function->IsObject()) continue;
    if (const auto name = json_string(*function, "name"); name && call.name.empty()) call.name = *name;
    call.arguments += json_string(*function, "arguments").value_or("");
    if (call.arguments.size() > kArgumentsBytesMax) {
      return bad("a tool call with more than " + std::to_string(kArgumentsBytesMax) + " bytes of arguments");
    }
  }
  return State::kGoesOn;
}

// Arguments are JSON by convention only; what is none is told as the text it is.
ChatStream::State ChatStream::tell_calls() {
  for (const auto& [index, call] : std::exchange(calls_, {})) {
    if (call.name.empty()) return bad("a tool call without a name");
    std::string input = call.arguments.empty() ? "{}" : call.arguments;
    if (!parse_json(input, {.depth_max = kDepthMax})) {
      input.clear();
      append_json_string(input, call.arguments);
    }
    if (!output_.tool_start(call.name, input)) return State::kFull;
  }
  return State::kGoesOn;
}

void ChatStream::on_usage(const rapidjson::Value& usage) {
  const auto total = json_uint(usage, "total_tokens");
  const auto parts = json_uint(usage, "prompt_tokens").value_or(0) + json_uint(usage, "completion_tokens").value_or(0);
  if (total || parts > 0) output_.set_tokens(total.value_or(parts));
}

ChatStream::State ChatStream::bad(std::string why) {
  why_ = std::move(why);
  return State::kBad;
}

std::string ChatStream::details_json() const {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (!finish_reason_.empty()) json.member("finish_reason", finish_reason_);
  json.end_object();
  return text;
}

}  // namespace cell0::emit
