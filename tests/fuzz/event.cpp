// What enters the broker: whatever the quick look says yes to, the decoder and check_event say yes to, and read the
// same in it; and a checked event can be written as JSON that can be read.
#include <string>

#include "broker/quick_check.h"
#include "common/check.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {

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
}

}  // namespace cell0
