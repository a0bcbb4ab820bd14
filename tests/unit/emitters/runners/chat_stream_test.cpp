#include "emitters/runners/chat_stream.h"

#include <doctest/doctest.h>

#include "tests/unit/emitters/runners/run_log.h"

namespace cell0::emit {
namespace {

using State = ChatStream::State;

struct Fixture {
  RunLog log;
  RunOutput output{log, 10'000};
  ChatStream chat{output};

  State say(const std::string& data) { return chat.on_data(data); }
  State delta(const std::string& members) { return say("{\"choices\":[{\"delta\":{" + members + "}}]}"); }
};

struct BadRow {
  const char* why;
  const char* data;
};

TEST_CASE("what the protocol does not know is bad") {
  const BadRow rows[] = {
      {"not JSON", "data"},
      {"no object", "[1]"},
      {"no choices", "{\"id\":\"x\"}"},
      {"choices that are none", "{\"choices\":7}"},
      {"a choice that is none", "{\"choices\":[7]}"},
      {"a tool call that is none", R"({"choices":[{"delta":{"tool_calls":[7]}}]})"},
      {"invalid UTF-8", "{\"choices\":[{\"delta\":{\"content\":\"\xFF\"}}]}"},
  };
  for (const BadRow& row : rows) {
    CAPTURE(row.why);
    Fixture f;
    CHECK(f.say(row.data) == State::kBad);
    CHECK_FALSE(f.chat.why().empty());
    CHECK(f.log.lines.empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "text and thinking come as they come") {
  CHECK(delta(R"("role":"assistant","content":"")") == State::kGoesOn);
  CHECK(delta(R"("reasoning_content":"hm")") == State::kGoesOn);
  CHECK(delta(R"("content":"Hel")") == State::kGoesOn);
  CHECK(delta(R"("content":null)") == State::kGoesOn);
  CHECK(delta(R"("content":"lo €")") == State::kGoesOn);
  CHECK(say("[DONE]") == State::kDone);
  CHECK(log.lines == std::vector<std::string>{"thinking: hm", "text: Hel", "text: lo €"});
}

TEST_CASE_FIXTURE(Fixture, "a tool call is put together from its parts") {
  CHECK(delta(R"("tool_calls":[{"index":0,"id":"c","function":{"name":"ls","arguments":""}}])") == State::kGoesOn);
  CHECK(delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}])") == State::kGoesOn);
  CHECK(delta(R"("tool_calls":[{"index":1,"function":{"name":"cat","arguments":"oops"}}])") == State::kGoesOn);
  CHECK(delta(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])") == State::kGoesOn);
  CHECK(log.lines.empty());
  CHECK(say(R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})") == State::kGoesOn);
  CHECK(say("[DONE]") == State::kDone);
  CHECK(log.lines == std::vector<std::string>{R"(start ls {"a":1})", R"(start cat "oops")"});
  CHECK(chat.details_json() == R"({"finish_reason":"tool_calls"})");
}

TEST_CASE_FIXTURE(Fixture, "the server's own count of tokens is the count") {
  CHECK(delta(R"("content":"a")") == State::kGoesOn);
  CHECK(say(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}})") == State::kGoesOn);
  output.succeed("{}");
  CHECK(log.end->tokens == 12);
  CHECK_FALSE(log.end->tokens_counted);
}

TEST_CASE_FIXTURE(Fixture, "an error in the stream is the server's error") {
  CHECK(say(R"({"error":{"message":"out of memory","type":"server_error"}})") == State::kError);
  CHECK(chat.why() == "out of memory");
}

TEST_CASE_FIXTURE(Fixture, "more output than the bound is said") {
  CHECK(delta("\"content\":\"" + std::string(10'001, 'x') + "\"") == State::kFull);
}

TEST_CASE("an error's body gives its message") {
  CHECK(error_message(R"({"error":{"message":"no such model"}})") == "no such model");
  CHECK(error_message(R"({"error":"no such model"})") == "no such model");
  CHECK(error_message("<html>\n") == "<html>\\x0a");
}

TEST_CASE("a request has the instructions, what was said, and the prompt") {
  RunnerConfig config;
  config.model = "tiny";
  config.instructions = "Be brief.";
  const std::string body = chat_request(config, {.prompt = "Why?",
                                                 .context_json = R"({"a":1})",
                                                 .instructions = "Be kind.",
                                                 .history = {{"user", "Hi"}, {"assistant", "Ho"}}});
  CHECK(
      body ==
      R"({"model":"tiny","messages":[{"role":"system","content":"Be brief.\n\nBe kind."},)"
      R"({"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},)"
      R"({"role":"user","content":"Why?\n\nContext: {\"a\":1}"}],"stream":true,"stream_options":{"include_usage":true}})");
}

}  // namespace
}  // namespace cell0::emit
