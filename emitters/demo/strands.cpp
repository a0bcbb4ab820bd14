// The strands of the demo's scene, as tables. Pauses in ms, as the real thing would take; a round is about half a
// minute.
#include <array>

#include "emitters/demo/script.h"

namespace cell0::emit {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds operator""_ms(unsigned long long count) { return milliseconds(count); }

constexpr std::string_view kVoice = "$voice";
constexpr std::string_view kAgent = "$agent", kAgentTopic = "sessions.$agent";
constexpr std::string_view kBroken = "$broken", kBrokenTopic = "sessions.$broken";

// Somebody speaks, is understood, answered and spoken to; the second attempt fails at every station.
constexpr Step kConversation[] = {
    {0_ms, "conversation_start", "coda.conversation", R"({"conversation_id":"$voice"})", kVoice},
    {300_ms, "stt_start", "coda.stt", R"({"mode":"push_to_talk"})", kVoice},
    {180_ms, "stt_interim", "coda.stt", R"({"text":"$sofar","confidence":$share})", kVoice, {}, Each::kQuestion},
    {300_ms, "stt_result", "coda.stt", R"({"text":"$question","confidence":$share,"duration_ms":$ms,"language":"en"})",
     kVoice},
    {120_ms, "memory_retrieve", "coda.memory",
     R"({"query":"$question","results_count":2,"relevance_scores":[$share,$share]})", kVoice},
    {150_ms, "llm_start", "coda.llm", R"({"prompt":"$question","model":"$model","temperature":0.7})", kVoice},
    {500_ms, "tool_call", "coda.tools", R"({"tool_name":"clock","parameters":{"zone":"UTC"},"call_id":"call-$n"})",
     kVoice},
    {400_ms, "tool_result", "coda.tools",
     R"({"tool_name":"clock","call_id":"call-$n","result":{"hour":14},"duration_ms":$ms})", kVoice},
    {140_ms, "llm_token", "coda.llm", R"({"token":"$piece","cumulative_text":"$sofar"})", kVoice, {}, Each::kAnswer},
    {120_ms, "llm_result", "coda.llm",
     R"({"text":"$answer","duration_ms":$ms,"token_count":$words,"tokens_per_second":$percent})", kVoice},
    {80_ms, "latency_trace", "coda.perf",
     R"({"component":"llm","operation":"generate","duration_ms":$ms,"metadata":{"model":"$model"}})", kVoice},
    {150_ms, "tts_start", "coda.tts", R"({"text":"$answer","voice_id":"default","engine":"demo"})", kVoice},
    {60_ms, "tts_status", "coda.tts", R"({"status":"processing"})", kVoice},
    {400_ms, "tts_progress", "coda.tts", R"({"progress_percent":40,"estimated_duration_ms":$ms})", kVoice},
    {400_ms, "tts_progress", "coda.tts", R"({"progress_percent":85,"estimated_duration_ms":$ms})", kVoice},
    {300_ms, "tts_result", "coda.tts", R"({"duration_ms":$ms,"audio_duration_ms":$ms,"success":true})", kVoice},
    {60_ms, "tts_status", "coda.tts", R"({"status":"playing"})", kVoice},
    {1800_ms, "tts_status", "coda.tts", R"({"status":"idle"})", kVoice},
    {100_ms, "memory_store", "coda.memory",
     R"({"content_preview":"$answer","memory_type":"episodic","importance":$share,"memory_id":"mem-$n"})", kVoice},
    {100_ms, "conversation_turn", "coda.conversation",
     R"({"conversation_id":"$voice","turn_number":1,"user_input":"$question","assistant_response":"$answer"})", kVoice},
    {2000_ms, "stt_start", "coda.stt", R"({"mode":"continuous"})", kVoice},
    {1500_ms, "stt_error", "coda.stt", R"({"error":"nothing but silence"})", kVoice},
    {700_ms, "tool_call", "coda.tools",
     R"({"tool_name":"weather","parameters":{"place":"Reykjavik"},"call_id":"call-x-$n"})", kVoice},
    {900_ms, "tool_error", "coda.tools",
     R"({"tool_name":"weather","call_id":"call-x-$n","error":"no network in a demo"})", kVoice},
    {400_ms, "llm_error", "coda.llm", R"({"error":"the context is too long","details":{"tokens":$count}})", kVoice},
    {400_ms, "tts_error", "coda.tts", R"({"error":"unknown voice"})", kVoice},
    {100_ms, "component_error", "coda.components",
     R"({"component_type":"tts","error_message":"unknown voice","error_count":1,"state":"degraded"})"},
    {1200_ms, "conversation_end", "coda.conversation",
     R"({"conversation_id":"$voice","total_turns":1,"duration_seconds":21.4})", kVoice},
};

// One daemon, from the spell that asks for it to its end; and one that was never summoned.
constexpr Step kDaemonLife[] = {
    {0_ms, "spell", "arcane.demo",
     R"({"spell_name":"parse","daemon_name":"$daemon","success":true,"description":"The words are understood: summon $daemon","metadata":{"spell_text":"summon $daemon","parsed_action":"summon"}})"},
    {200_ms, "spell", "arcane.demo",
     R"({"spell_name":"summon","daemon_name":"$daemon","success":true,"description":"$daemon answers the call","metadata":{"role":"$role","model":"$model"}})"},
    {150_ms, "spell", "arcane.demo",
     R"({"spell_name":"voice","daemon_name":"$daemon","success":true,"description":"$daemon speaks","metadata":{"event":"summon","tone":"calm"}})"},
    {2500_ms, "spell", "arcane.demo",
     R"({"spell_name":"reveal","daemon_name":null,"success":true,"description":"The circle shows who is there","metadata":{"daemon_count":1,"query_type":"active"}})"},
    {1800_ms, "spell", "arcane.demo",
     R"({"spell_name":"parse","daemon_name":"$daemon","success":true,"description":"The words are understood: invoke $daemon","metadata":{"spell_text":"invoke $daemon to $task","parsed_action":"invoke"}})"},
    {250_ms, "spell", "arcane.demo",
     R"({"spell_name":"route","daemon_name":"$daemon","success":true,"description":"The task goes to $daemon","metadata":{"task":"$task"}})"},
    {1400_ms, "spell", "arcane.demo",
     R"({"spell_name":"invoke","daemon_name":"$daemon","success":true,"description":"$daemon has done it","metadata":{"task":"$task","execution_time":1.2,"parameters":{},"invocation_number":1}})"},
    {150_ms, "spell", "arcane.demo",
     R"({"spell_name":"voice","daemon_name":"$daemon","success":true,"description":"$daemon speaks","metadata":{"event":"invoke","tone":"content"}})"},
    {3000_ms, "spell", "arcane.demo",
     R"({"spell_name":"invoke","daemon_name":"nobody","success":false,"description":"Only summoned daemons can be invoked","metadata":{"task":"$task","error":"not summoned","failure_phrase":"Rune destabilization detected"}})"},
    {3500_ms, "spell", "arcane.demo",
     R"({"spell_name":"banish","daemon_name":"$daemon","success":true,"description":"$daemon returns to where it came from","metadata":{"invocation_count":1,"total_time":1.2,"is_active":false,"total_invocations":1,"total_execution_time":1.2,"average_execution_time":1.2}})"},
    {150_ms, "spell", "arcane.demo",
     R"({"spell_name":"voice","daemon_name":"$daemon","success":true,"description":"$daemon says goodbye","metadata":{"event":"banish","tone":"calm"}})"},
};

// An agent's session that ends well.
constexpr Step kSession[] = {
    {0_ms, "session_spawned", "neolith.demo",
     R"({"session":{"id":"$agent","orchestratorId":"demo","task":{"id":"task-$agent","type":"analysis","description":"$task","priority":"medium","status":"pending"},"type":"demo","status":"initializing"}})",
     kAgent, kAgentTopic},
    {300_ms, "session_status_update", "neolith.demo",
     R"({"session":{"id":"$agent","orchestratorId":"demo","task":{"id":"task-$agent","type":"analysis","description":"$task","priority":"medium","status":"running"},"type":"demo","status":"running"}})",
     kAgent, kAgentTopic},
    {200_ms, "task_executing", "neolith.demo", R"({"sessionId":"$agent","taskId":"task-$agent"})", kAgent, kAgentTopic},
    {150_ms, "stream_start", "neolith.demo", R"({"sessionId":"$agent","taskId":"task-$agent"})", kAgent, kAgentTopic},
    {400_ms, "stream_chunk", "neolith.demo",
     R"({"sessionId":"$agent","chunk":"Let me look at the log first.","metadata":{"type":"thinking","index":0}})",
     kAgent, kAgentTopic},
    {500_ms, "tool_call_start", "neolith.demo",
     R"({"sessionId":"$agent","toolName":"read_file","toolInput":{"path":"demo.log"},"status":"started"})", kAgent,
     kAgentTopic},
    {900_ms, "tool_call_result", "neolith.demo",
     R"({"sessionId":"$agent","toolName":"read_file","toolInput":{"path":"demo.log"},"status":"completed","result":{"lines":$count}})",
     kAgent, kAgentTopic},
    {220_ms, "stream_chunk", "neolith.demo",
     R"({"sessionId":"$agent","chunk":"$piece","metadata":{"type":"text","index":$index}})", kAgent, kAgentTopic,
     Each::kAnswer},
    {250_ms, "stream_end", "neolith.demo", R"({"sessionId":"$agent","taskId":"task-$agent"})", kAgent, kAgentTopic},
    {100_ms, "task_completed", "neolith.demo",
     R"({"sessionId":"$agent","taskId":"task-$agent","result":{"text":"$answer"}})", kAgent, kAgentTopic},
    {1500_ms, "session_status_update", "neolith.demo",
     R"({"session":{"id":"$agent","orchestratorId":"demo","task":{"id":"task-$agent","type":"analysis","description":"$task","priority":"medium","status":"completed"},"type":"demo","status":"completed","metrics":{"tokensUsed":$count,"tasksCompleted":1}}})",
     kAgent, kAgentTopic},
};

// And one that does not.
constexpr Step kBrokenSession[] = {
    {0_ms, "session_spawned", "neolith.demo",
     R"({"session":{"id":"$broken","orchestratorId":"demo","task":{"id":"task-$broken","type":"analysis","description":"$task","priority":"medium","status":"pending"},"type":"demo","status":"initializing"}})",
     kBroken, kBrokenTopic},
    {300_ms, "session_status_update", "neolith.demo",
     R"({"session":{"id":"$broken","orchestratorId":"demo","task":{"id":"task-$broken","type":"analysis","description":"$task","priority":"medium","status":"running"},"type":"demo","status":"running"}})",
     kBroken, kBrokenTopic},
    {200_ms, "task_executing", "neolith.demo", R"({"sessionId":"$broken","taskId":"task-$broken"})", kBroken,
     kBrokenTopic},
    {150_ms, "stream_start", "neolith.demo", R"({"sessionId":"$broken","taskId":"task-$broken"})", kBroken,
     kBrokenTopic},
    {600_ms, "tool_call_start", "neolith.demo",
     R"({"sessionId":"$broken","toolName":"run_command","toolInput":{"command":"make"},"status":"started"})", kBroken,
     kBrokenTopic},
    {1800_ms, "tool_call_result", "neolith.demo",
     R"({"sessionId":"$broken","toolName":"run_command","status":"failed","error":"make: no rule"})", kBroken,
     kBrokenTopic},
    {200_ms, "stream_end", "neolith.demo", R"({"sessionId":"$broken","taskId":"task-$broken"})", kBroken, kBrokenTopic},
    {100_ms, "task_failed", "neolith.demo",
     R"({"sessionId":"$broken","taskId":"task-$broken","error":"the command failed: make: no rule"})", kBroken,
     kBrokenTopic},
    {200_ms, "session_status_update", "neolith.demo",
     R"({"session":{"id":"$broken","orchestratorId":"demo","task":{"id":"task-$broken","type":"analysis","description":"$task","priority":"medium","status":"failed"},"type":"demo","status":"failed","metrics":{"errorsEncountered":1}}})",
     kBroken, kBrokenTopic},
};

// The machine: models, compute kernels, components and their figures, logs.
constexpr Step kMachine[] = {
    {0_ms, "system_status", "cell0d.system",
     R"({"status":"running","details":{"demo":true,"round":$n},"uptime":$count})"},
    {100_ms, "log_stream", "log.demo", R"({"level":"INFO","message":"round $n begins","logger":"demo","metadata":{}})"},
    {300_ms, "system_info", "coda.system", R"({"data":{"note":"a round of the demo","round":$n}})"},
    {200_ms, "component_status", "coda.components",
     R"({"component_type":"stt","state":"ready","initialization_order":1,"dependencies":["audio"]})"},
    {200_ms, "component_health", "coda.components", R"({"component_type":"stt","health_status":{"ok":true}})"},
    {100_ms, "model_activity", "cell0d.models", R"({"action":"loading","model_name":"$model","details":{}})"},
    {400_ms, "heartbeat", "cell0d.heartbeat", R"({"client_id":"demo","sequence":$n})"},
    {700_ms, "model_activity", "cell0d.models",
     R"({"action":"loaded","model_name":"$model","details":{"load_ms":$ms}})"},
    {800_ms, "mcic_event", "mcic.demo",
     R"({"event":"kernel_started","kernel_id":"$kernel","payload":{"grid":$count}})"},
    {400_ms, "model_activity", "cell0d.models", R"({"action":"inference_started","model_name":"$model","details":{}})"},
    {900_ms, "system_metrics", "coda.system",
     R"({"memory_mb":$ms,"cpu_percent":$percent,"gpu_vram_mb":$ms,"uptime_seconds":$count})"},
    {1500_ms, "component_timing", "coda.perf", R"({"component":"llm","timings":{"generate":{"mean_ms":$ms}}})"},
    {600_ms, "mcic_event", "mcic.demo", R"({"event":"kernel_finished","kernel_id":"$kernel","payload":{"ms":$ms}})"},
    {800_ms, "model_activity", "cell0d.models",
     R"({"action":"inference_completed","model_name":"$model","details":{"tokens":$count}})"},
    {900_ms, "log_stream", "log.demo",
     R"({"level":"DEBUG","message":"$count events since the round began","logger":"demo","metadata":{}})"},
    {800_ms, "component_stats", "coda.perf", R"({"component_type":"llm","stats":{"calls":$count}})"},
    {1300_ms, "integration_metrics", "coda.integration",
     R"({"is_active":true,"websocket_server_available":true,"event_handlers_registered":12,"total_events_processed":$count})"},
    {900_ms, "log_stream", "log.demo",
     R"({"level":"WARN","message":"the disk answers slowly","logger":"demo","metadata":{}})"},
    {600_ms, "performance_metrics", "coda.perf",
     R"({"system_metrics":{"cpu_percent":$percent},"component_metrics":{},"alerts_count":1})"},
    {200_ms, "performance_alert", "coda.perf",
     R"({"alert_id":"alert-$n","component":"llm","metric_name":"latency_ms","current_value":1840,"threshold_value":1000,"severity":"warning","message":"slower than usual"})"},
    {1500_ms, "system_metrics", "coda.system",
     R"({"memory_mb":$ms,"cpu_percent":$percent,"gpu_vram_mb":$ms,"uptime_seconds":$count})"},
    {1800_ms, "system_error", "coda.system", R"({"level":"warning","message":"the voice is missing","details":{}})"},
    {400_ms, "component_summary", "coda.components",
     R"({"total_components":4,"ready_components":3,"failed_components":1,"integration_health":0.75,"components":{}})"},
    {2500_ms, "model_activity", "cell0d.models", R"({"action":"unloading","model_name":"$model","details":{}})"},
    {900_ms, "model_activity", "cell0d.models", R"({"action":"unloaded","model_name":"$model","details":{}})"},
    {700_ms, "log_stream", "log.demo",
     R"({"level":"ERROR","message":"an error for the sake of its colour","logger":"demo","metadata":{}})"},
    {2500_ms, "log_stream", "log.demo", R"({"level":"INFO","message":"round $n ends","logger":"demo","metadata":{}})"},
};

// Clients, people and agents, and a type that only its users know.
constexpr Step kPeople[] = {
    {0_ms, "client_connect", "websocket.server", R"({"client_id":"demo-client-$n","path":"/cell0d"})"},
    {900_ms, "chat_message", "chat.general",
     R"({"message":"$question","sender":"$user","channel":"general","metadata":{"demo":true}})", "demo-chat-$n"},
    {2200_ms, "chat_response", "coda.chat", R"({"response":{"content":"$answer"}})", "demo-chat-$n"},
    {3000_ms,
     "channel_message",
     "demo.channel",
     R"({"channel":"demo","message":{"from":"$user","text":"$answer"}})",
     {},
     "channels.demo"},
    {2500_ms,
     "agent_message",
     "demo.agents",
     R"({"agent_id":"demo-reviewer","from":"demo-planner","message":{"text":"please look at round $n"}})",
     {},
     "agents.demo-reviewer"},
    {3500_ms, "demo_weather", "demo.weather", R"({"celsius":$percent,"of":"a type that only its users know"})"},
    {4000_ms, "chat_message", "chat.general",
     R"({"message":"Thank you, that will do.","sender":"$user","channel":"general","metadata":{"demo":true}})",
     "demo-chat-$n"},
    {5000_ms, "client_disconnect", "websocket.server",
     R"({"client_id":"demo-client-$n","reason":"the scene is over"})"},
};

constexpr std::array<Strand, 6> kStrands = {{{0_ms, kMachine},
                                             {300_ms, kPeople},
                                             {1000_ms, kConversation},
                                             {2500_ms, kDaemonLife},
                                             {4000_ms, kSession},
                                             {14000_ms, kBrokenSession}}};

}  // namespace

std::span<const Strand> strands() { return kStrands; }

}  // namespace cell0::emit
