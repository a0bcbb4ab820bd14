// The neolith dialect, byte for byte.
#include "gateway/dialects/neolith.h"

#include <doctest/doctest.h>

#include "gateway/dialects/session_words.h"
#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

const NeolithDialect kDialect;

// What was decoded, in one line.
struct Describe {
  static std::string list(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) text += (text.size() > 1 ? "," : "") + name;
    return text + "]";
  }
  static std::string since(const std::optional<std::uint64_t>& seq) {
    return seq ? " since " + std::to_string(*seq) : std::string();
  }
  std::string operator()(const PingCommand&) const { return "ping"; }
  std::string operator()(const HealthCommand&) const { return "health"; }
  std::string operator()(const DaemonStatusCommand&) const { return "daemon"; }
  std::string operator()(const ListSessionsCommand&) const { return "list"; }
  std::string operator()(const SpawnSessionCommand& command) const {
    return "spawn " + command.body + (command.cancel_at_end ? " cancel" : "") +
           (command.request_id.empty() ? "" : " request " + command.request_id);
  }
  std::string operator()(const ExecuteTaskCommand& command) const {
    return "execute " + command.session_id + " " + command.body +
           (command.request_id.empty() ? "" : " request " + command.request_id);
  }
  std::string operator()(const SessionStatusCommand& command) const { return "status " + command.session_id; }
  std::string operator()(const StopSessionCommand& command) const { return "stop " + command.session_id; }
  std::string operator()(const FollowSessionCommand& command) const {
    return "follow " + command.session_id + since(command.since);
  }
  std::string operator()(const UnfollowSessionCommand& command) const { return "unfollow " + command.session_id; }
  std::string operator()(const SubscribeCommand& command) const {
    return "consume " + command.consumer.value_or("") + list(command.topics) + list(command.names) +
           (command.replace ? " replace" : "") + since(command.since);
  }
  std::string operator()(const AcknowledgeCommand& command) const { return "ack " + std::to_string(command.seq); }
  std::string operator()(const AuthenticateCommand& command) const { return "auth " + command.token; }
  std::string operator()(const InvalidCommand& command) const { return "invalid: " + command.text; }
  std::string operator()(const auto&) const { return "what this dialect has no message for"; }
};

Request decode(std::string_view text) {
  Decoded decoded = kDialect.decode(text);
  REQUIRE(decoded.requests.size() == 1);
  CHECK_FALSE(decoded.is_batch);
  return std::move(decoded.requests[0]);
}

// The payload of the one text frame that was appended.
std::string payload(const std::string& frame) {
  REQUIRE(frame.size() >= 2);
  REQUIRE(static_cast<unsigned char>(frame[0]) == 0x81);
  const std::size_t length = static_cast<unsigned char>(frame[1]);
  const std::size_t header = length == 126 ? 4 : 2;
  return frame.substr(header);
}

std::string encoded(const Reply& reply, const ReplyContext& context = {}) {
  std::string out;
  kDialect.reply(out, context, reply);
  return out.empty() ? out : payload(out);
}

std::string rendered(const EventSpec& spec) {
  std::string out;
  kDialect.event(out, *event(9, spec));
  return payload(out);
}

constexpr char kTail[] = R"(,"seq":9,"timestamp":"2026-02-12T10:30:00.123456Z")";

}  // namespace

TEST_CASE("a message becomes a command, or says what is wrong with it") {
  struct Row {
    const char* why;
    std::string input;
    const char* expected;
  };
  const std::string kSpawn = R"("orchestratorId":"vp_1","sessionType":"demo")";
  const Row rows[] = {
      {"not JSON", "{", "invalid: Invalid message format"},
      {"no object", "[]", "invalid: Invalid message format"},
      {"a number", "7", "invalid: Invalid message format"},
      {"no type", "{}", "invalid: Unknown message type"},
      {"a type that is no text", R"({"type":7})", "invalid: Unknown message type"},
      {"another type", R"({"type":"dance"})", "invalid: Unknown message type"},
      {"a payload that is none", R"({"type":"session_status","payload":"x"})", "invalid: payload: not an object"},
      {"no session", R"({"type":"session_status","payload":{}})", "invalid: sessionId: missing"},
      {"a session that is a number", R"({"type":"stop_session","payload":{"sessionId":7}})",
       "invalid: sessionId: not a text"},
      {"an empty session", R"({"type":"stop_session","payload":{"sessionId":""}})",
       "invalid: sessionId: not a text of 1-128 bytes without control characters"},
      {"a line break in a session", R"({"type":"execute_task","payload":{"sessionId":"a\nb"}})",
       "invalid: sessionId: not a text of 1-128 bytes without control characters"},
      {"spawn without its orchestrator", R"({"type":"spawn_session","payload":{}})",
       "invalid: orchestratorId: missing"},
      {"spawn without its type", R"({"type":"spawn_session","payload":{"orchestratorId":"o"}})",
       "invalid: sessionType: missing"},
      {"spawn without a task", R"({"type":"spawn_session","payload":{)" + kSpawn + "}}", "invalid: task: missing"},
      {"a task that is a list", R"({"type":"spawn_session","payload":{)" + kSpawn + R"(,"task":[]}})",
       "invalid: task: not an object {type, description, priority, status} or a text"},
      {"a task without words", R"({"type":"spawn_session","payload":{)" + kSpawn + R"(,"task":{}}})",
       "invalid: task.description: missing"},
      {"a task of no known type",
       R"({"type":"spawn_session","payload":{)" + kSpawn + R"(,"task":{"description":"x","type":"fun"}}})",
       "invalid: task.type: not one of code, research, analysis, custom, general"},
      {"a task of no known priority",
       R"({"type":"spawn_session","payload":{)" + kSpawn + R"(,"task":{"description":"x","priority":1}}})",
       "invalid: task.priority: not one of low, medium, high, critical"},
      {"a task with NUL", R"({"type":"execute_task","payload":{"sessionId":"s","task":"a\u0000b"}})",
       "invalid: task: not a text without NUL"},
      {"a task too large",
       R"({"type":"execute_task","payload":{"sessionId":"s","task":")" + std::string(64'001, 'x') + R"("}})",
       "invalid: task: 64001 bytes, at most 64000 are taken"},
      {"an end that is unknown",
       R"({"type":"spawn_session","payload":{)" + kSpawn + R"(,"task":"x","onDisconnect":"die"}})",
       "invalid: onDisconnect: not one of continue, cancel"},
      {"a context that is a list", R"({"type":"execute_task","payload":{"sessionId":"s","task":"x","context":[]}})",
       "invalid: context: not an object"},
      {"streamResponse that is a text",
       R"({"type":"execute_task","payload":{"sessionId":"s","task":"x","streamResponse":"yes"}})",
       "invalid: streamResponse: not true or false"},
      {"a request id that is a list", R"({"type":"ping","requestId":[]})",
       "invalid: requestId: not a text or an integer"},
      {"a negative seq", R"({"type":"ack","seq":-1})", "invalid: seq: not a seq (an integer of 0 or more)"},
      {"a consumer without a name", R"({"type":"follow_session","sessionId":"s","ack":true})",
       "invalid: consumer: not a name of 1-128 bytes without control characters"},
      {"auth without a token", R"({"type":"auth"})", "invalid: token: not a text"},

      {"ping", R"({"type":"ping"})", "ping"},
      {"a payload of null", R"({"type":"ping","payload":null})", "ping"},
      {"health", R"({"type":"health_check","payload":{}})", "health"},
      {"the daemon's status", R"({"type":"daemon_status"})", "daemon"},
      {"all sessions", R"({"type":"list_sessions"})", "list"},
      {"the seed's spawn",
       R"({"type":"spawn_session","payload":{)" + kSpawn +
           R"(,"task":{"type":"code","description":"d","priority":"high","status":"pending"},"memoryProfile":"default"}})",
       R"(spawn {"orchestratorId":"vp_1","sessionType":"demo","task":{"type":"code","description":"d","priority":"high","status":"pending"},"memoryProfile":"default","onDisconnect":"continue"})"},
      {"a spawn that ends with its client",
       R"({"type":"spawn_session","requestId":7,"payload":{)" + kSpawn + R"(,"task":"d","onDisconnect":"cancel"}})",
       R"(spawn {"orchestratorId":"vp_1","sessionType":"demo","task":{"type":"general","description":"d","priority":"medium","status":"pending"},"onDisconnect":"cancel"} cancel request 7)"},
      {"the seed's task",
       R"({"type":"execute_task","payload":{"sessionId":"s","task":"Look","context":{"n":1.50},"streamResponse":true,"requestId":"r"}})",
       R"(execute s {"task":{"type":"general","description":"Look","priority":"medium","status":"pending"},"context":{"n":1.5},"streamResponse":true} request r)"},
      {"members beside a payload count, too", R"({"type":"session_status","sessionId":"s"})", "status s"},
      {"stop", R"({"type":"stop_session","payload":{"sessionId":"s"}})", "stop s"},
      {"follow", R"({"type":"follow_session","payload":{"sessionId":"s"}})", "follow s"},
      {"follow from somewhere", R"({"type":"follow_session","sessionId":"*","since":9})", "follow * since 9"},
      {"follow, acknowledged", R"({"type":"follow_session","sessionId":"a.b","ack":true,"consumer":"c","since":3})",
       "consume c[sessions.a%2Eb][session_*,task_*,stream_*,tool_call_start,tool_call_result] replace since 3"},
      {"follow all, acknowledged", R"({"type":"follow_session","sessionId":"*","ack":true,"consumer":"c"})",
       "consume c[sessions.*][session_*,task_*,stream_*,tool_call_start,tool_call_result] replace"},
      {"unfollow", R"({"type":"unfollow_session","sessionId":"s"})", "unfollow s"},
      {"ack", R"({"type":"ack","seq":12})", "ack 12"},
      {"the seed's auth", R"({"type":"auth","token":"t"})", "auth t"},
      {"auth in other words", R"({"type":"auth","payload":{"accessToken":"t"}})", "auth t"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(std::visit(Describe{}, decode(row.input).command) == row.expected);
  }
}

TEST_CASE("a reply carries its content as payload, too") {
  CHECK(encoded(WelcomeReply{}) == R"({"type":"health_check_response","healthy":true,"payload":{"healthy":true}})");
  CHECK(encoded(HealthReply{false}) ==
        R"({"type":"health_check_response","healthy":false,"payload":{"healthy":false}})");
  CHECK(encoded(PongReply{}) == R"({"type":"pong","payload":{}})");
  CHECK(encoded(SessionSpawnedReply{R"({"id":"s"})"}) ==
        R"({"type":"session_spawned","session":{"id":"s"},"payload":{"id":"s"}})");
  CHECK(encoded(SessionStateReply{R"({"id":"s"})"}) ==
        R"({"type":"session_status_update","session":{"id":"s"},"payload":{"id":"s"}})");
  CHECK(encoded(DaemonStatusReply{R"({"uptime":1})"}) ==
        R"({"type":"daemon_status_update","status":{"uptime":1},"payload":{"uptime":1}})");
  CHECK(encoded(SessionsReply{"[]"}) == R"({"type":"sessions_list","sessions":[],"payload":[]})");
  CHECK(encoded(SessionFollowedReply{"s", {true, Seq{1}, Seq{2}}}) ==
        R"({"type":"session_followed","sessionId":"s","recovered":true,"first_seq":1,"last_seq":2,)"
        R"("payload":{"sessionId":"s","recovered":true,"first_seq":1,"last_seq":2}})");
  CHECK(encoded(AuthenticatedReply{"a1", "agent", {"*"}, "sess_1"}) ==
        R"({"type":"auth_success","sessionId":"sess_1","entityId":"a1","entityType":"agent","scopes":["*"],)"
        R"("payload":{"sessionId":"sess_1","entityId":"a1","entityType":"agent","scopes":["*"]}})");
}

TEST_CASE("who follows a session sees its task begin among its events; others are told") {
  CHECK(encoded(TaskReply{"s", "t", true}) == "");
  CHECK(encoded(TaskReply{"s", "t", false}) ==
        R"({"type":"task_executing","sessionId":"s","taskId":"t","payload":{"sessionId":"s","taskId":"t"}})");
  CHECK(
      encoded(TaskReply{"s", "t", true}, decode(R"({"type":"ping","requestId":"r"})").context) ==
      R"({"type":"task_accepted","sessionId":"s","taskId":"t","requestId":"r","payload":{"sessionId":"s","taskId":"t"}})");
}

TEST_CASE("an error says why in words and for programs, and what it is about") {
  CHECK(encoded(ErrorReply{"Unknown message type", Fault::kUnknownMethod}) ==
        R"({"type":"error","error":"Unknown message type","code":"unknown_type",)"
        R"("payload":{"error":"Unknown message type","code":"unknown_type"}})");
  const Request stop = decode(R"({"type":"stop_session","requestId":1.5e300,"payload":{"sessionId":"s"}})");
  CHECK(std::visit(Describe{}, stop.command) == "invalid: requestId: not a text or an integer");
  const Request status = decode(R"({"type":"session_status","requestId":-5,"payload":{"sessionId":"s"}})");
  CHECK(encoded(ErrorReply{"nobody", Fault::kNotFound}, status.context) ==
        R"({"type":"error","error":"nobody","code":"unknown_session","sessionId":"s","requestId":-5,)"
        R"("payload":{"error":"nobody","code":"unknown_session","sessionId":"s"}})");
  CHECK(encoded(ErrorReply{"token: expired", Fault::kUnauthenticated},
                decode(R"({"type":"auth","token":"t"})").context) ==
        R"({"type":"auth_error","code":"unauthenticated","message":"token: expired",)"
        R"("payload":{"code":"unauthenticated","message":"token: expired"}})");
}

TEST_CASE("every event has its place in the stream, and its content as payload") {
  CHECK(rendered({.type = "session_spawned", .data = R"({"session":{"id":"s"}})"}) ==
        R"({"type":"session_spawned","session":{"id":"s"})" + std::string(kTail) + R"(,"payload":{"id":"s"}})");
  CHECK(rendered({.type = "stream_chunk", .data = R"({"sessionId":"s","chunk":"a"})"}) ==
        R"({"type":"stream_chunk","data":{"sessionId":"s","chunk":"a"})" + std::string(kTail) +
            R"(,"payload":{"sessionId":"s","chunk":"a"}})");
  CHECK(rendered({.type = "task_failed", .data = R"({"sessionId":"s","taskId":"t","error":"x","seq":1})"}) ==
        R"({"type":"task_failed","sessionId":"s","taskId":"t","error":"x")" + std::string(kTail) +
            R"(,"payload":{"sessionId":"s","taskId":"t","error":"x","seq":1}})");
  CHECK(rendered({.type = "stream_end", .data = R"({"sessionId":"s"})"}) ==
        R"({"type":"stream_end","data":{"sessionId":"s"},"sessionId":"s")" + std::string(kTail) +
            R"(,"payload":{"sessionId":"s"}})");
  CHECK(rendered({.type = "of.a.user", .data = "{}"}) ==
        R"({"type":"of.a.user","data":{})" + std::string(kTail) + R"(,"payload":{}})");
  CHECK(rendered({.type = "session_spawned", .data = "{}"}) ==
        R"({"type":"session_spawned","data":{})" + std::string(kTail) + R"(,"payload":{}})");
}

TEST_CASE("as server-sent events the same messages have their seq as the id") {
  std::string out;
  NeolithStreamRenderer().event(out, *event(9, {.type = "stream_end", .data = "{}"}));
  CHECK(out == "id: 9\ndata: {\"type\":\"stream_end\",\"data\":{}" + std::string(kTail) + ",\"payload\":{}}\n\n");
}

TEST_CASE("a session in the URL is followed") {
  v1::Filter asked;
  CHECK(kDialect.requests_of_url(asked, Seq{5}).empty());
  asked.set_session_id("s");
  auto requests = kDialect.requests_of_url(asked, {});
  REQUIRE(requests.size() == 1);
  CHECK(std::visit(Describe{}, requests[0].command) == "follow s");
  CHECK(std::visit(Describe{}, kDialect.requests_of_url(asked, Seq{5})[0].command) == "follow s since 5");
  asked.add_types("stream_*");  // then it narrows the stream of these
  CHECK(kDialect.requests_of_url(asked, {}).empty());
}

TEST_CASE("a request is known by the client's id for it, and by whose it is and what it says") {
  const std::string one = service_request_id("a", "spawn", "", "{}", "r1");
  CHECK(one.ends_with(":r1"));
  CHECK(one.size() <= 128);
  CHECK(one == service_request_id("a", "spawn", "", "{}", "r1"));
  CHECK(one != service_request_id("b", "spawn", "", "{}", "r1"));
  CHECK(one != service_request_id("a", "spawn", "", "{ }", "r1"));
  CHECK(service_request_id("a", "execute", "s", "x", "r") != service_request_id("a", "execute", "sx", "", "r"));
  CHECK(service_request_id("a", "spawn", "", "{}", "") == "");
}
