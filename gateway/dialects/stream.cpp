#include "gateway/dialects/stream.h"

#include "gateway/dialects/event_fields.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

template <typename Write>
void append_notice(std::string& out, std::string_view name, std::string_view id, Write&& write) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  write(writer);
  writer.end_object();
  append_sse_event(out, name, id, text);
}

}  // namespace

void StreamRenderer::event(std::string& out, const Event& event) const {
  std::string text;
  JsonWriter writer(text);
  write_full_event(writer, event);
  append_sse_event(out, {}, std::to_string(event.seq().value), text);
}

void StreamRenderer::skipped(std::string& out, const Skipped& skipped) const {
  // Only a range that is left out whole moves the client's Last-Event-ID: else it would lose the rest on a reconnect.
  // Of one that is not retained, events that other rules kept may follow.
  const bool whole = skipped.priority_above == 0 && skipped.reason != SkipReason::kNotRetained;
  const std::string id = whole ? std::to_string(skipped.to.value) : std::string();
  append_notice(out, "skipped", id, [&](JsonWriter& writer) { write_skipped(writer, skipped); });
}

void StreamRenderer::resumed(std::string& out, const Resumed& resumed) const {
  append_notice(out, "resumed", {}, [&](JsonWriter& writer) { write_resumed(writer, resumed); });
}

}  // namespace cell0::gateway
