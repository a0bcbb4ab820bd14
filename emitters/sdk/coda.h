// Coda's event types as calls (dialects.md section 3): speech, language model, memory, tools, conversations,
// components.
//
//   coda::Source voice(sink, "coda.voice", session_id);
//   voice.stt_start("continuous");
//   voice.stt_final_result("Hello world", 0.95, 1500.0);
//
// Arguments ending in _json are JSON text, an object where nothing else is said; empty leaves an optional field out.
// Any bytes may be given: what is not UTF-8 becomes U+FFFD.
// Durations are milliseconds where a name says _ms. Errors as Sink::emit. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "emitters/sdk/sink.h"

namespace cell0::emit::coda {

struct ComponentState {
  std::string_view component_type;
  std::string_view state;
  std::optional<std::int64_t> initialization_order = {};
  std::span<const std::string_view> dependencies = {};
};

struct ComponentSummary {
  std::int64_t total = 0;
  std::int64_t ready = 0;
  std::int64_t failed = 0;
  double integration_health = 1;  // 0-1
  std::string_view components_json = {};
};

struct IntegrationMetrics {
  bool is_active = true;
  bool websocket_server_available = true;
  std::int64_t event_handlers_registered = 0;
  std::int64_t total_events_processed = 0;
};

struct PerformanceAlert {
  std::string_view alert_id;
  std::string_view component;
  std::string_view metric_name;
  double current_value = 0;
  double threshold_value = 0;
  std::string_view severity = "warning";  // warning, critical
  std::string_view message = {};
};

class Source {
 public:
  // The sink outlives it. `session_id` of its events; may be empty.
  Source(Sink& sink, std::string source, std::string session_id = {})
      : sink_(sink), source_(std::move(source)), session_id_(std::move(session_id)) {}

  Result<void> system_info(std::string_view data_json);
  Result<void> system_error(std::string_view level, std::string_view message, std::string_view details_json = {});
  Result<void> system_metrics(double memory_mb, double cpu_percent, double uptime_seconds,
                              std::optional<double> gpu_vram_mb = {});

  Result<void> stt_start(std::string_view mode);  // push_to_talk, continuous, file
  Result<void> stt_interim(std::string_view text, double confidence);
  Result<void> stt_final_result(std::string_view text, double confidence, double duration_ms,
                                std::string_view language = {});
  Result<void> stt_error(std::string_view error, std::string_view details_json = {});

  Result<void> llm_start(std::string_view prompt, std::string_view model, double temperature = 0.7);
  Result<void> llm_token(std::string_view token, std::string_view cumulative_text);
  Result<void> llm_result(std::string_view text, double duration_ms, std::int64_t token_count,
                          double tokens_per_second);
  Result<void> llm_error(std::string_view error, std::string_view details_json = {});

  Result<void> tts_start(std::string_view text, std::string_view voice_id, std::string_view engine);
  Result<void> tts_progress(double progress_percent, std::optional<double> estimated_duration_ms = {});
  Result<void> tts_result(double duration_ms, double audio_duration_ms, bool success);
  Result<void> tts_error(std::string_view error, std::string_view details_json = {});
  Result<void> tts_status(std::string_view status);  // idle, processing, playing

  Result<void> memory_store(std::string_view content_preview, std::string_view memory_type, double importance,
                            std::string_view memory_id);
  Result<void> memory_retrieve(std::string_view query, std::int64_t results_count,
                               std::span<const double> relevance_scores = {});

  Result<void> tool_call(std::string_view tool_name, std::string_view parameters_json, std::string_view call_id);
  Result<void> tool_result(std::string_view tool_name, std::string_view call_id, std::string_view result_json,
                           double duration_ms);  // result_json: any JSON
  Result<void> tool_error(std::string_view tool_name, std::string_view call_id, std::string_view error,
                          std::string_view details_json = {});

  Result<void> conversation_start(std::string_view conversation_id);
  Result<void> conversation_turn(std::string_view conversation_id, std::int64_t turn_number,
                                 std::string_view user_input, std::string_view assistant_response);
  Result<void> conversation_end(std::string_view conversation_id, std::int64_t total_turns, double duration_seconds);

  // An operation that took so long: a latency_trace.
  Result<void> track_operation(std::string_view component, std::string_view operation, double duration_ms,
                               std::string_view metadata_json = {});
  Result<void> component_timing(std::string_view component, std::string_view timings_json);
  Result<void> component_stats(std::string_view component_type, std::string_view stats_json);
  Result<void> component_status(const ComponentState& state);
  Result<void> component_error(std::string_view component_type, std::string_view error_message,
                               std::int64_t error_count, std::string_view state);
  Result<void> component_health(std::string_view component_type, std::string_view health_status_json);
  Result<void> component_summary(const ComponentSummary& summary);  // coda clients see it as system_status
  Result<void> integration_metrics(const IntegrationMetrics& metrics);
  Result<void> performance_alert(const PerformanceAlert& alert);
  Result<void> performance_metrics(std::string_view system_json, std::string_view component_json,
                                   std::int64_t alerts_count);
  Result<void> chat_response(std::string_view content);  // to the source's session

 private:
  v1::Envelope begin() const;
  Result<void> send(v1::Envelope envelope);

  Sink& sink_;
  std::string source_;
  std::string session_id_;
};

}  // namespace cell0::emit::coda
