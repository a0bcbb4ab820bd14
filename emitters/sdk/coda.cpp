#include "emitters/sdk/coda.h"

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit::coda {
namespace {

// Any bytes may come; what is not UTF-8 becomes U+FFFD, since the wire takes nothing else.
std::string text_of(std::string_view text) { return to_utf8(text); }

}  // namespace

v1::Envelope Source::begin() const {
  v1::Envelope envelope;
  envelope.set_source(source_);
  if (!session_id_.empty()) envelope.set_session_id(session_id_);
  return envelope;
}

Result<void> Source::send(v1::Envelope envelope) { return sink_.emit(std::move(envelope)); }

Result<void> Source::system_info(std::string_view data_json) {
  v1::Envelope envelope = begin();
  envelope.mutable_system_info()->mutable_data()->set_text(text_of(data_json));
  return send(std::move(envelope));
}

Result<void> Source::system_error(std::string_view level, std::string_view message, std::string_view details_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_system_error();
  data.set_level(text_of(level));
  data.set_message(text_of(message));
  if (!details_json.empty()) data.mutable_details()->set_text(text_of(details_json));
  return send(std::move(envelope));
}

Result<void> Source::system_metrics(double memory_mb, double cpu_percent, double uptime_seconds,
                                    std::optional<double> gpu_vram_mb) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_system_metrics();
  data.set_memory_mb(memory_mb);
  data.set_cpu_percent(cpu_percent);
  data.set_uptime_seconds(uptime_seconds);
  if (gpu_vram_mb) data.set_gpu_vram_mb(*gpu_vram_mb);
  return send(std::move(envelope));
}

Result<void> Source::stt_start(std::string_view mode) {
  v1::Envelope envelope = begin();
  envelope.mutable_stt_start()->set_mode(text_of(mode));
  return send(std::move(envelope));
}

Result<void> Source::stt_interim(std::string_view text, double confidence) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_stt_interim();
  data.set_text(text_of(text));
  data.set_confidence(confidence);
  return send(std::move(envelope));
}

Result<void> Source::stt_final_result(std::string_view text, double confidence, double duration_ms,
                                      std::string_view language) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_stt_result();
  data.set_text(text_of(text));
  data.set_confidence(confidence);
  data.set_duration_ms(duration_ms);
  if (!language.empty()) data.set_language(text_of(language));
  return send(std::move(envelope));
}

Result<void> Source::stt_error(std::string_view error, std::string_view details_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_stt_error();
  data.set_error(text_of(error));
  if (!details_json.empty()) data.mutable_details()->set_text(text_of(details_json));
  return send(std::move(envelope));
}

Result<void> Source::llm_start(std::string_view prompt, std::string_view model, double temperature) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_llm_start();
  data.set_prompt(text_of(prompt));
  data.set_model(text_of(model));
  data.set_temperature(temperature);
  return send(std::move(envelope));
}

Result<void> Source::llm_token(std::string_view token, std::string_view cumulative_text) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_llm_token();
  data.set_token(text_of(token));
  data.set_cumulative_text(text_of(cumulative_text));
  return send(std::move(envelope));
}

Result<void> Source::llm_result(std::string_view text, double duration_ms, std::int64_t token_count,
                                double tokens_per_second) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_llm_result();
  data.set_text(text_of(text));
  data.set_duration_ms(duration_ms);
  data.set_token_count(token_count);
  data.set_tokens_per_second(tokens_per_second);
  return send(std::move(envelope));
}

Result<void> Source::llm_error(std::string_view error, std::string_view details_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_llm_error();
  data.set_error(text_of(error));
  if (!details_json.empty()) data.mutable_details()->set_text(text_of(details_json));
  return send(std::move(envelope));
}

Result<void> Source::tts_start(std::string_view text, std::string_view voice_id, std::string_view engine) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tts_start();
  data.set_text(text_of(text));
  data.set_voice_id(text_of(voice_id));
  data.set_engine(text_of(engine));
  return send(std::move(envelope));
}

Result<void> Source::tts_progress(double progress_percent, std::optional<double> estimated_duration_ms) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tts_progress();
  data.set_progress_percent(progress_percent);
  if (estimated_duration_ms) data.set_estimated_duration_ms(*estimated_duration_ms);
  return send(std::move(envelope));
}

Result<void> Source::tts_result(double duration_ms, double audio_duration_ms, bool success) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tts_result();
  data.set_duration_ms(duration_ms);
  data.set_audio_duration_ms(audio_duration_ms);
  data.set_success(success);
  return send(std::move(envelope));
}

Result<void> Source::tts_error(std::string_view error, std::string_view details_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tts_error();
  data.set_error(text_of(error));
  if (!details_json.empty()) data.mutable_details()->set_text(text_of(details_json));
  return send(std::move(envelope));
}

Result<void> Source::tts_status(std::string_view status) {
  v1::Envelope envelope = begin();
  envelope.mutable_tts_status()->set_status(text_of(status));
  return send(std::move(envelope));
}

Result<void> Source::memory_store(std::string_view content_preview, std::string_view memory_type, double importance,
                                  std::string_view memory_id) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_memory_store();
  data.set_content_preview(text_of(content_preview));
  data.set_memory_type(text_of(memory_type));
  data.set_importance(importance);
  data.set_memory_id(text_of(memory_id));
  return send(std::move(envelope));
}

Result<void> Source::memory_retrieve(std::string_view query, std::int64_t results_count,
                                     std::span<const double> relevance_scores) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_memory_retrieve();
  data.set_query(text_of(query));
  data.set_results_count(results_count);
  data.mutable_relevance_scores()->Add(relevance_scores.begin(), relevance_scores.end());
  return send(std::move(envelope));
}

Result<void> Source::tool_call(std::string_view tool_name, std::string_view parameters_json, std::string_view call_id) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tool_call();
  data.set_tool_name(text_of(tool_name));
  if (!parameters_json.empty()) data.mutable_parameters()->set_text(text_of(parameters_json));
  data.set_call_id(text_of(call_id));
  return send(std::move(envelope));
}

Result<void> Source::tool_result(std::string_view tool_name, std::string_view call_id, std::string_view result_json,
                                 double duration_ms) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tool_result();
  data.set_tool_name(text_of(tool_name));
  data.set_call_id(text_of(call_id));
  data.mutable_result()->set_text(text_of(result_json));
  data.set_duration_ms(duration_ms);
  return send(std::move(envelope));
}

Result<void> Source::tool_error(std::string_view tool_name, std::string_view call_id, std::string_view error,
                                std::string_view details_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_tool_error();
  data.set_tool_name(text_of(tool_name));
  data.set_call_id(text_of(call_id));
  data.set_error(text_of(error));
  if (!details_json.empty()) data.mutable_details()->set_text(text_of(details_json));
  return send(std::move(envelope));
}

Result<void> Source::conversation_start(std::string_view conversation_id) {
  v1::Envelope envelope = begin();
  envelope.mutable_conversation_start()->set_conversation_id(text_of(conversation_id));
  return send(std::move(envelope));
}

Result<void> Source::conversation_turn(std::string_view conversation_id, std::int64_t turn_number,
                                       std::string_view user_input, std::string_view assistant_response) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_conversation_turn();
  data.set_conversation_id(text_of(conversation_id));
  data.set_turn_number(turn_number);
  data.set_user_input(text_of(user_input));
  data.set_assistant_response(text_of(assistant_response));
  return send(std::move(envelope));
}

Result<void> Source::conversation_end(std::string_view conversation_id, std::int64_t total_turns,
                                      double duration_seconds) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_conversation_end();
  data.set_conversation_id(text_of(conversation_id));
  data.set_total_turns(total_turns);
  data.set_duration_seconds(duration_seconds);
  return send(std::move(envelope));
}

Result<void> Source::track_operation(std::string_view component, std::string_view operation, double duration_ms,
                                     std::string_view metadata_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_latency_trace();
  data.set_component(text_of(component));
  data.set_operation(text_of(operation));
  data.set_duration_ms(duration_ms);
  if (!metadata_json.empty()) data.mutable_metadata()->set_text(text_of(metadata_json));
  return send(std::move(envelope));
}

Result<void> Source::component_timing(std::string_view component, std::string_view timings_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_timing();
  data.set_component(text_of(component));
  if (!timings_json.empty()) data.mutable_timings()->set_text(text_of(timings_json));
  return send(std::move(envelope));
}

Result<void> Source::component_stats(std::string_view component_type, std::string_view stats_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_stats();
  data.set_component_type(text_of(component_type));
  if (!stats_json.empty()) data.mutable_stats()->set_text(text_of(stats_json));
  return send(std::move(envelope));
}

Result<void> Source::component_status(const ComponentState& state) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_status();
  data.set_component_type(text_of(state.component_type));
  data.set_state(text_of(state.state));
  if (state.initialization_order) data.set_initialization_order(*state.initialization_order);
  for (const std::string_view dependency : state.dependencies) data.add_dependencies(text_of(dependency));
  return send(std::move(envelope));
}

Result<void> Source::component_error(std::string_view component_type, std::string_view error_message,
                                     std::int64_t error_count, std::string_view state) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_error();
  data.set_component_type(text_of(component_type));
  data.set_error_message(text_of(error_message));
  data.set_error_count(error_count);
  data.set_state(text_of(state));
  return send(std::move(envelope));
}

Result<void> Source::component_health(std::string_view component_type, std::string_view health_status_json) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_health();
  data.set_component_type(text_of(component_type));
  if (!health_status_json.empty()) data.mutable_health_status()->set_text(text_of(health_status_json));
  return send(std::move(envelope));
}

Result<void> Source::component_summary(const ComponentSummary& summary) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_component_summary();
  data.set_total_components(summary.total);
  data.set_ready_components(summary.ready);
  data.set_failed_components(summary.failed);
  data.set_integration_health(summary.integration_health);
  if (!summary.components_json.empty()) data.mutable_components()->set_text(text_of(summary.components_json));
  return send(std::move(envelope));
}

Result<void> Source::integration_metrics(const IntegrationMetrics& metrics) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_integration_metrics();
  data.set_is_active(metrics.is_active);
  data.set_websocket_server_available(metrics.websocket_server_available);
  data.set_event_handlers_registered(metrics.event_handlers_registered);
  data.set_total_events_processed(metrics.total_events_processed);
  return send(std::move(envelope));
}

Result<void> Source::performance_alert(const PerformanceAlert& alert) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_performance_alert();
  data.set_alert_id(text_of(alert.alert_id));
  data.set_component(text_of(alert.component));
  data.set_metric_name(text_of(alert.metric_name));
  data.set_current_value(alert.current_value);
  data.set_threshold_value(alert.threshold_value);
  data.set_severity(text_of(alert.severity));
  data.set_message(text_of(alert.message));
  return send(std::move(envelope));
}

Result<void> Source::performance_metrics(std::string_view system_json, std::string_view component_json,
                                         std::int64_t alerts_count) {
  v1::Envelope envelope = begin();
  auto& data = *envelope.mutable_performance_metrics();
  if (!system_json.empty()) data.mutable_system_metrics()->set_text(text_of(system_json));
  if (!component_json.empty()) data.mutable_component_metrics()->set_text(text_of(component_json));
  data.set_alerts_count(alerts_count);
  return send(std::move(envelope));
}

Result<void> Source::chat_response(std::string_view content) {
  v1::Envelope envelope = begin();
  std::string json;
  JsonWriter writer(json);
  writer.begin_object();
  writer.member("content", content);
  writer.end_object();
  envelope.mutable_chat_response()->mutable_response()->set_text(std::move(json));
  return send(std::move(envelope));
}

}  // namespace cell0::emit::coda
