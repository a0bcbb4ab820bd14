#include "emitters/sdk/sink.h"

#include "common/event_json.h"
#include "common/json.h"

namespace cell0::emit {

Result<void> Sink::emit_json(std::string_view type, std::string_view source, std::string_view data, OnPublished done) {
  const auto parsed = parse_json(data);
  if (!parsed) return Error{parsed.error().code, "data: " + parsed.error().text};
  v1::Envelope envelope;
  envelope.set_source(std::string(source));
  if (auto read = read_event_data(type, *parsed, envelope); !read) return read.error();
  // For types of users the bytes as they came: order of keys and spelling of numbers are theirs.
  if (envelope.payload_case() == v1::Envelope::kJson) envelope.set_json(std::string(data));
  return emit(std::move(envelope), std::move(done));
}

}  // namespace cell0::emit
