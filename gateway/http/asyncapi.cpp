#include "gateway/http/asyncapi.h"

#include "gateway/http/coda_schemas.h"
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
    for (const char* event : {"Event", "Cell0dEvent", "ArcaneEvent", "NeolithEvent"}) {
      schemas.key(event);
      write_event_schema(schemas, std::string(event) + "Fields", "data.");
    }
    write_coda_schemas(schemas);
    write_data_schemas(schemas, "data.", EventForm::kReceived);
  });
  out.end_object();
  return text;
}

}  // namespace cell0::gateway
