// cell0d's event types as calls (dialects.md section 1): each makes the event, with its source, and gives it to the
// sink.
//
// Arguments ending in _json are JSON text, an object where nothing else is said; empty leaves the field out. Any bytes
// may be given: what is not UTF-8 becomes U+FFFD. Views are copied before the call returns. Errors as Sink::emit.
#pragma once

#include <cstdint>
#include <string_view>

#include "emitters/sdk/sink.h"

namespace cell0::emit {

struct SystemStatus {
  std::string_view status;  // "running", "periodic_update", ...
  std::string_view details_json = {};
  double uptime_s = 0;
};
Result<void> emit_system_status(Sink& sink, const SystemStatus& event, OnPublished done = {});

struct ChatMessage {
  std::string_view message;
  std::string_view sender;
  std::string_view channel = "general";
  std::string_view metadata_json = {};
  std::string_view session_id = {};
};
Result<void> emit_chat_message(Sink& sink, const ChatMessage& event, OnPublished done = {});

struct ModelActivity {
  std::string_view action;  // loading loaded unloading unloaded inference_started inference_completed
  std::string_view model_name;
  std::string_view details_json = {};
};
Result<void> emit_model_activity(Sink& sink, const ModelActivity& event, OnPublished done = {});

struct McicEvent {
  std::string_view event;  // "kernel_started", ...
  std::string_view kernel_id;
  std::string_view payload_json = {};
};
Result<void> emit_mcic_event(Sink& sink, const McicEvent& event, OnPublished done = {});

struct LogLine {
  std::string_view level;  // DEBUG INFO WARN ERROR CRITICAL
  std::string_view message;
  std::string_view logger = "root";
  std::string_view metadata_json = {};
  std::int64_t time_us = 0;  // when it was written; 0: now
};
Result<void> emit_log(Sink& sink, const LogLine& event, OnPublished done = {});

struct Heartbeat {
  std::string_view client_id = "server";
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;  // 0: left out
};
Result<void> emit_heartbeat(Sink& sink, const Heartbeat& event, OnPublished done = {});

// What the gateway publishes of its clients.
Result<void> emit_client_connect(Sink& sink, std::string_view client_id, std::string_view path, OnPublished done = {});
Result<void> emit_client_disconnect(Sink& sink, std::string_view client_id, std::string_view reason,
                                    OnPublished done = {});

// `prefix` + `name` as a source: control characters become '_', at most 255 bytes.
std::string source_name(std::string_view prefix, std::string_view name);

}  // namespace cell0::emit
