#include "gateway/http/coda_schemas.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/payload_schema.h"
#include "gateway/http/event_schemas.h"

namespace cell0::gateway {
namespace {

constexpr std::array<std::string_view, 5> kHead{"version", "seq", "timestamp", "type", "session_id"};
// Not by its own name: as system_info, whose data is any JSON.
constexpr std::string_view kInformation = "system_status";

std::string_view coda_name(const EventType& type) {
  return type.name == "component_summary" ? std::string_view("system_status") : std::string_view(type.name);
}

// A field of its own with one of the five names: then all of them are together in `data`.
bool is_flat(const EventType& type) {
  const PayloadSchema& schema = payload_schema(*type.field->message_type());
  return std::none_of(kHead.begin(), kHead.end(), [&](std::string_view name) { return schema.find(name) != nullptr; });
}

void write_own(JsonWriter& out, const EventType& type) {
  if (type.name == "chat_response") {
    return out.raw(R"({"type":"object","required":["data"],"properties":{"data":{"type":"object",)"
                   R"("required":["response","session_id"],"properties":{"response":{"description":"Any JSON."},)"
                   R"("session_id":{"type":["string","null"]}}}}})");
  }
  if (is_flat(type)) return write_data_schema(out, type, EventForm::kFlat);
  out.raw(R"({"type":"object","required":["data"],"properties":{"data":{"$ref":"#/components/schemas/data.)" +
          type.name + "\"}}}");
}

}  // namespace

void write_coda_schemas(JsonWriter& out) {
  std::string rows;
  for (const EventType& type : event_types()) {
    if (type.name == kInformation) continue;
    const std::string name = "coda." + std::string(coda_name(type));
    out.key(name);
    write_own(out, type);
    rows += R"(,{"if":{"required":["type"],"properties":{"type":{"const":")" + std::string(coda_name(type)) +
            R"("}}},"then":{"$ref":"#/components/schemas/)" + name + "\"}}";
  }
  out.key("CodaEvent");
  out.raw(R"({"allOf":[{"$ref":"#/components/schemas/CodaEventFields"})" + rows + "]}");
}

}  // namespace cell0::gateway
