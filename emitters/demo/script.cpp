#include "emitters/demo/script.h"

#include <array>
#include <cmath>

namespace cell0::emit {
namespace {

constexpr std::array<std::string_view, 4> kUsers = {"ada", "grace", "linus", "margaret"};
constexpr std::array<std::string_view, 3> kModels = {"qwen2.5-7b", "llama3.1-8b", "phi-4"};
constexpr std::array<std::string_view, 3> kKernels = {"kernel_001", "kernel_002", "matmul_f16"};
constexpr std::array<std::string_view, 3> kDaemons = {"claude", "gemini", "liquidmetal"};
constexpr std::array<std::string_view, 5> kTexts = {
    "What is the state of the fabric?", "Summarise the log of the last hour.", "How many clients are connected?",
    "Load the smaller model, please.", "Grüße! Läuft alles? 👍"};
constexpr std::array<std::string_view, 4> kAnswers = {"All gateways are ready.", "Nothing unusual: three warnings.",
                                                      "A thousand, and none of them waits.", "Done. It took a moment."};

constexpr Step kScript[] = {
    {"client_connect", "websocket.server", R"({"client_id":"demo-client-$n","path":"/cell0d"})"},
    {"system_status", "cell0d.system", R"({"status":"running","details":{"demo":true,"round":$n},"uptime":$count})"},
    {"chat_message",
     "chat.general",
     R"({"message":"$text","sender":"$user","channel":"general","metadata":{"demo":true}})",
     {},
     true},
    {"log_stream", "log.demo", R"({"level":"INFO","message":"round $n begins","logger":"demo","metadata":{}})"},
    {"model_activity", "cell0d.models", R"({"action":"loading","model_name":"$model","details":{}})"},
    {"mcic_event", "mcic.demo", R"({"event":"kernel_started","kernel_id":"$kernel","payload":{"grid":$count}})"},
    {"model_activity", "cell0d.models", R"({"action":"loaded","model_name":"$model","details":{"load_ms":$ms}})"},
    {"conversation_start", "coda.conversation", R"({"conversation_id":"$session"})", {}, true},
    {"stt_start", "coda.stt", R"({"mode":"push_to_talk"})", {}, true},
    {"stt_interim", "coda.stt", R"({"text":"$text","confidence":$share})", {}, true},
    {"stt_result", "coda.stt", R"({"text":"$text","confidence":$share,"duration_ms":$ms,"language":"en"})", {}, true},
    {"memory_retrieve",
     "coda.memory",
     R"({"query":"$text","results_count":2,"relevance_scores":[$share,$share]})",
     {},
     true},
    {"llm_start", "coda.llm", R"({"prompt":"$text","model":"$model","temperature":0.7})", {}, true},
    {"model_activity", "cell0d.models", R"({"action":"inference_started","model_name":"$model","details":{}})"},
    {"llm_token", "coda.llm", R"({"token":"All","cumulative_text":"All"})", {}, true},
    {"tool_call", "coda.tools", R"({"tool_name":"clock","parameters":{"zone":"UTC"},"call_id":"call-$n"})", {}, true},
    {"tool_result",
     "coda.tools",
     R"({"tool_name":"clock","call_id":"call-$n","result":{"hour":$count},"duration_ms":$ms})",
     {},
     true},
    {"llm_result",
     "coda.llm",
     R"({"text":"$answer","duration_ms":$ms,"token_count":$count,"tokens_per_second":$percent})",
     {},
     true},
    {"model_activity", "cell0d.models",
     R"({"action":"inference_completed","model_name":"$model","details":{"tokens":$count}})"},
    {"chat_response", "coda.chat", R"({"response":{"content":"$answer"}})", {}, true},
    {"tts_start", "coda.tts", R"({"text":"$answer","voice_id":"default","engine":"demo"})", {}, true},
    {"tts_progress", "coda.tts", R"({"progress_percent":$percent,"estimated_duration_ms":$ms})", {}, true},
    {"tts_status", "coda.tts", R"({"status":"playing"})", {}, true},
    {"tts_result", "coda.tts", R"({"duration_ms":$ms,"audio_duration_ms":$ms,"success":true})", {}, true},
    {"memory_store",
     "coda.memory",
     R"({"content_preview":"$answer","memory_type":"episodic","importance":$share,"memory_id":"mem-$n"})",
     {},
     true},
    {"conversation_turn",
     "coda.conversation",
     R"({"conversation_id":"$session","turn_number":1,"user_input":"$text","assistant_response":"$answer"})",
     {},
     true},
    {"conversation_end",
     "coda.conversation",
     R"({"conversation_id":"$session","total_turns":1,"duration_seconds":$count})",
     {},
     true},
    {"latency_trace", "coda.perf", R"({"component":"llm","operation":"generate","duration_ms":$ms,"metadata":{}})"},
    {"component_timing", "coda.perf", R"({"component":"llm","timings":{"generate":{"mean_ms":$ms}}})"},
    {"component_stats", "coda.perf", R"({"component_type":"llm","stats":{"calls":$count}})"},
    {"component_status", "coda.components",
     R"({"component_type":"stt","state":"ready","initialization_order":1,"dependencies":["audio"]})"},
    {"component_health", "coda.components", R"({"component_type":"stt","health_status":{"ok":true}})"},
    {"component_summary", "coda.components",
     R"({"total_components":4,"ready_components":4,"failed_components":0,"integration_health":1.0,"components":{}})"},
    {"integration_metrics", "coda.integration",
     R"({"is_active":true,"websocket_server_available":true,"event_handlers_registered":12,"total_events_processed":$count})"},
    {"performance_metrics", "coda.perf", R"({"system_metrics":{},"component_metrics":{},"alerts_count":0})"},
    {"performance_alert", "coda.perf",
     R"({"alert_id":"alert-$n","component":"llm","metric_name":"latency_ms","current_value":$ms,"threshold_value":1000,"severity":"warning","message":"slower than usual"})"},
    {"system_info", "coda.system", R"({"data":{"note":"a demo round","round":$n}})"},
    {"system_metrics", "coda.system",
     R"({"memory_mb":$ms,"cpu_percent":$percent,"gpu_vram_mb":$ms,"uptime_seconds":$count})"},
    {"tool_error",
     "coda.tools",
     R"({"tool_name":"weather","call_id":"call-x-$n","error":"no network in a demo"})",
     {},
     true},
    {"stt_error", "coda.stt", R"({"error":"silence"})", {}, true},
    {"llm_error", "coda.llm", R"({"error":"context too long","details":{"tokens":$count}})", {}, true},
    {"tts_error", "coda.tts", R"({"error":"unknown voice"})", {}, true},
    {"component_error", "coda.components",
     R"({"component_type":"tts","error_message":"unknown voice","error_count":1,"state":"degraded"})"},
    {"system_error", "coda.system", R"({"level":"warning","message":"a demonstration of trouble","details":{}})"},
    {"spell", "arcane.demo",
     R"({"spell_name":"summon","daemon_name":"$daemon","success":true,"description":"$daemon answers the call","metadata":{}})"},
    {"spell", "arcane.demo",
     R"({"spell_name":"invoke","daemon_name":"$daemon","success":true,"description":"$daemon works","metadata":{"task":"$text","execution_time":$share}})"},
    {"session_spawned", "neolith.demo",
     R"({"session":{"id":"$session","orchestratorId":"demo","type":"demo","status":"initializing"}})",
     "sessions.$session", true},
    {"session_status_update", "neolith.demo",
     R"({"session":{"id":"$session","orchestratorId":"demo","type":"demo","status":"running"}})", "sessions.$session",
     true},
    {"task_executing", "neolith.demo", R"({"sessionId":"$session","taskId":"task-$n"})", "sessions.$session", true},
    {"stream_start", "neolith.demo", R"({"sessionId":"$session","taskId":"task-$n"})", "sessions.$session", true},
    {"stream_chunk", "neolith.demo",
     R"({"sessionId":"$session","chunk":"$answer","metadata":{"type":"text","index":0}})", "sessions.$session", true},
    {"tool_call_start", "neolith.demo",
     R"({"sessionId":"$session","toolName":"clock","toolInput":{},"status":"started"})", "sessions.$session", true},
    {"tool_call_result", "neolith.demo",
     R"({"sessionId":"$session","toolName":"clock","status":"completed","result":{"hour":$count}})",
     "sessions.$session", true},
    {"stream_end", "neolith.demo", R"({"sessionId":"$session","taskId":"task-$n"})", "sessions.$session", true},
    {"task_completed", "neolith.demo", R"({"sessionId":"$session","taskId":"task-$n","result":{"text":"$answer"}})",
     "sessions.$session", true},
    {"task_failed", "neolith.demo", R"({"sessionId":"$session","taskId":"task-x-$n","error":"only to show it"})",
     "sessions.$session", true},
    {"demo_weather", "demo.weather", R"({"celsius":$percent,"of":"a type that only its users know"})"},
    {"mcic_event", "mcic.demo", R"({"event":"kernel_finished","kernel_id":"$kernel","payload":{"ms":$ms}})"},
    {"model_activity", "cell0d.models", R"({"action":"unloading","model_name":"$model","details":{}})"},
    {"model_activity", "cell0d.models", R"({"action":"unloaded","model_name":"$model","details":{}})"},
    {"log_stream", "log.demo", R"({"level":"WARN","message":"round $n ends","logger":"demo","metadata":{}})"},
    {"heartbeat", "cell0d.heartbeat", R"({"client_id":"demo","sequence":$n})"},
    {"client_disconnect", "websocket.server", R"({"client_id":"demo-client-$n","reason":"the scene is over"})"},
};

std::string decimals(double value, double step) {
  std::string text = std::to_string(std::floor(value / step) * step);  // no exponents: it is JSON and for people
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::uint64_t between(std::uint64_t low, std::uint64_t high, Random& random) {
  return low + random.u64() % (high - low + 1);
}

std::string_view pick(std::span<const std::string_view> list, Random& random) {
  return list[static_cast<std::size_t>(random.u64() % list.size())];
}

std::string word_value(std::string_view word, const Round& round, Random& random) {
  if (word == "user") return round.user;
  if (word == "model") return round.model;
  if (word == "kernel") return round.kernel;
  if (word == "daemon") return round.daemon;
  if (word == "session") return round.session();
  if (word == "n") return std::to_string(round.n);
  if (word == "text") return std::string(pick(kTexts, random));
  if (word == "answer") return std::string(pick(kAnswers, random));
  if (word == "ms") return std::to_string(between(10, 2000, random));
  if (word == "count") return std::to_string(between(1, 200, random));
  if (word == "percent") return decimals(random.unit() * 100, 0.1);
  if (word == "share") return decimals(random.unit(), 0.01);
  return "$" + std::string(word);
}

}  // namespace

std::span<const Step> script() { return kScript; }

const Step* find_step(std::string_view type) {
  for (const Step& step : kScript) {
    if (step.type == type) return &step;
  }
  return nullptr;
}

Round make_round(std::uint64_t n, Random& random) {
  Round round;
  round.n = n;
  round.user = pick(kUsers, random);
  round.model = pick(kModels, random);
  round.kernel = pick(kKernels, random);
  round.daemon = pick(kDaemons, random);
  return round;
}

std::string fill_in(std::string_view text, const Round& round, Random& random) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    filled += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    std::size_t end = 0;
    while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
    filled += word_value(text.substr(0, end), round, random);
    text.remove_prefix(end);
  }
  return filled;
}

}  // namespace cell0::emit
