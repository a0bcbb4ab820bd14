// What enters the broker: whatever the quick look says yes to, the decoder and check_event say yes to, and read the
// same in it; and a checked event can be written as JSON that can be read, and by every dialect.
#include <initializer_list>
#include <string>

#include "broker/quick_check.h"
#include "common/check.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "gateway/dialects/arcane.h"
#include "gateway/dialects/cell0d.h"
#include "gateway/dialects/coda.h"
#include "gateway/dialects/neolith.h"
#include "gateway/transport/frame.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {

namespace {

// As its clients would get it: nothing, or one frame of JSON.
void check_rendered(const gateway::Renderer& dialect, const gateway::Event& event) {
  std::string frame;
  dialect.event(frame, event);
  if (frame.empty()) return;
  const gateway::WsFrameView view = gateway::first_ws_frame(frame);
  CELL0_CHECK(view.size == frame.size() && parse_json(view.payload, {64}).ok());
}

void check_dialects(std::string_view encoded, const v1::Envelope& envelope) {
  static const gateway::ArcaneDialect arcane;
  static const gateway::Cell0dDialect cell0d;
  static const gateway::CodaDialect coda;
  static const gateway::NeolithDialect neolith;
  v1::Delivered delivered;
  delivered.set_seq(1);
  delivered.set_type(std::string(type_of(envelope)));
  delivered.set_topic(topic_of(envelope, delivered.type()));
  delivered.set_priority(priority_of(envelope));
  delivered.set_envelope(std::string(encoded));
  const auto event = gateway::Event::create(delivered);
  if (!event) return;  // its id is no UUID
  for (const gateway::Renderer* dialect :
       std::initializer_list<const gateway::Renderer*>{&arcane, &cell0d, &coda, &neolith}) {
    check_rendered(*dialect, **event);
  }
}

}  // namespace

void fuzz(std::string_view input) {
  static const broker::QuickCheck quick{EventLimits{}};
  v1::Envelope envelope;
  const bool decoded = envelope.ParseFromArray(input.data(), static_cast<int>(input.size()));
  const bool good = decoded && check_event(envelope, EventLimits{}).ok();
  if (const auto facts = quick.look(input)) {
    CELL0_CHECK(good && !envelope.has_origin());
    CELL0_CHECK(facts->type->name == type_of(envelope));
    CELL0_CHECK(facts->topic == topic_of(envelope, type_of(envelope)));
  }
  if (!good) return;
  std::string json;
  JsonWriter out(json);
  write_event_data(out, envelope);
  CELL0_CHECK(parse_json(json, {64}).ok());
  check_dialects(input, envelope);
}

}  // namespace cell0
