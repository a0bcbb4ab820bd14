#include "emitters/sdk/cell0d.h"

#include "common/clock.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

v1::Envelope from(std::string source) {
  v1::Envelope envelope;
  envelope.set_source(std::move(source));
  return envelope;
}

}  // namespace

std::string source_name(std::string_view prefix, std::string_view name) {
  constexpr std::size_t kBytesMax = 255;
  std::string source = to_utf8(std::string(prefix) + std::string(name));
  for (char& c : source) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '_';
  }
  if (source.size() <= kBytesMax) return source;
  std::size_t end = kBytesMax;  // back to where a code point begins
  while (end > 0 && (static_cast<unsigned char>(source[end]) & 0xC0) == 0x80) --end;
  return source.substr(0, end);
}

Result<void> emit_system_status(Sink& sink, const SystemStatus& event, OnPublished done) {
  v1::Envelope envelope = from("cell0d.system");
  auto& data = *envelope.mutable_system_status();
  data.set_status(to_utf8(event.status));
  if (!event.details_json.empty()) data.mutable_details()->set_text(to_utf8(event.details_json));
  data.set_uptime(event.uptime_s);
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_chat_message(Sink& sink, const ChatMessage& event, OnPublished done) {
  v1::Envelope envelope = from(source_name("chat.", event.channel));
  auto& data = *envelope.mutable_chat_message();
  data.set_message(to_utf8(event.message));
  data.set_sender(to_utf8(event.sender));
  data.set_channel(to_utf8(event.channel));
  if (!event.metadata_json.empty()) data.mutable_metadata()->set_text(to_utf8(event.metadata_json));
  if (!event.session_id.empty()) envelope.set_session_id(to_utf8(event.session_id));
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_model_activity(Sink& sink, const ModelActivity& event, OnPublished done) {
  v1::Envelope envelope = from("cell0d.models");
  auto& data = *envelope.mutable_model_activity();
  data.set_action(to_utf8(event.action));
  data.set_model_name(to_utf8(event.model_name));
  if (!event.details_json.empty()) data.mutable_details()->set_text(to_utf8(event.details_json));
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_mcic_event(Sink& sink, const McicEvent& event, OnPublished done) {
  v1::Envelope envelope = from(source_name("mcic.", event.kernel_id));
  auto& data = *envelope.mutable_mcic_event();
  data.set_event(to_utf8(event.event));
  data.set_kernel_id(to_utf8(event.kernel_id));
  if (!event.payload_json.empty()) data.mutable_payload()->set_text(to_utf8(event.payload_json));
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_log(Sink& sink, const LogLine& event, OnPublished done) {
  v1::Envelope envelope = from(source_name("log.", event.logger));
  envelope.set_time_us(event.time_us);
  auto& data = *envelope.mutable_log_stream();
  data.set_level(to_utf8(event.level));
  data.set_message(to_utf8(event.message));
  data.set_logger(to_utf8(event.logger));
  if (!event.metadata_json.empty()) data.mutable_metadata()->set_text(to_utf8(event.metadata_json));
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_heartbeat(Sink& sink, const Heartbeat& event, OnPublished done) {
  v1::Envelope envelope = from("cell0d.heartbeat");
  auto& data = *envelope.mutable_heartbeat();
  data.set_client_id(to_utf8(event.client_id));
  data.set_sequence(event.sequence);
  if (event.time_us != 0) {
    data.set_timestamp(to_iso8601(from_unix_us(event.time_us)));
    envelope.set_time_us(event.time_us);
  }
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_client_connect(Sink& sink, std::string_view client_id, std::string_view path, OnPublished done) {
  v1::Envelope envelope = from("websocket.server");
  envelope.mutable_client_connect()->set_client_id(to_utf8(client_id));
  envelope.mutable_client_connect()->set_path(to_utf8(path));
  return sink.emit(std::move(envelope), std::move(done));
}

Result<void> emit_client_disconnect(Sink& sink, std::string_view client_id, std::string_view reason, OnPublished done) {
  v1::Envelope envelope = from("websocket.server");
  envelope.mutable_client_disconnect()->set_client_id(to_utf8(client_id));
  envelope.mutable_client_disconnect()->set_reason(to_utf8(reason));
  return sink.emit(std::move(envelope), std::move(done));
}

}  // namespace cell0::emit
