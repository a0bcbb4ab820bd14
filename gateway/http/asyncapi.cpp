#include "gateway/http/asyncapi.h"

#include "gateway/http/document_writer.h"
#include "gateway/http/event_schemas.h"

namespace cell0::gateway {

std::string asyncapi_json() {
  const DocumentParts parts("asyncapi");
  PartList all;
  for (const DocumentParts::Part& part : parts.all()) all.push_back(&part);
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  for (const auto& member : parts.base().json.GetObject()) {
    const std::string_view name = json_text(member.name);
    if (name != "components" && name != "channels" && name != "operations") out.member(name, member.value);
  }
  write_merged(out, all, "channels");
  write_merged(out, all, "operations");
  write_components(out, all, [](JsonWriter& schemas) {
    schemas.key("Event");
    write_event_schema(schemas, "EventFields", "data.");
    schemas.key("Cell0dEvent");
    write_event_schema(schemas, "Cell0dEventFields", "data.");
    write_data_schemas(schemas, "data.", EventForm::kReceived);
  });
  out.end_object();
  return text;
}

}  // namespace cell0::gateway
