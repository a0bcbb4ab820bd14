#include "gateway/http/openapi.h"

#include <algorithm>
#include <cctype>

#include "gateway/http/document_writer.h"
#include "gateway/http/event_schemas.h"

namespace cell0::gateway {
namespace {

using Part = DocumentParts::Part;

// An operation as somebody wrote about it; none if nobody did.
struct Written {
  const Part* part = nullptr;
  const rapidjson::Value* operation = nullptr;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

Written find_in(const Part& part, const Route& route) {
  const auto* paths = json_member(part.json, "paths");
  const auto* path = paths == nullptr ? nullptr : json_member(*paths, route.path);
  const auto* operation = path == nullptr ? nullptr : json_member(*path, lower(route.method));
  return operation == nullptr ? Written{} : Written{&part, operation};
}

Written find_written(const DocumentParts& parts, std::string_view listener, const Route& route) {
  const auto rank = [&](const Part& part) { return part.name == listener ? 0 : part.name == "everyone" ? 1 : 2; };
  for (int wanted = 0; wanted < 3; ++wanted) {
    for (const Part& part : parts.all()) {
      if (rank(part) != wanted) continue;
      if (const Written found = find_in(part, route); found.operation != nullptr) return found;
    }
  }
  return {};
}

// Without a token a client is anonymous, and may have the scope by configuration: hence the empty alternative.
void write_security(JsonWriter& out, const Need& need) {
  if (need.verb.empty()) return out.raw_member("security", "[]");
  out.raw_member("security", R"([{"bearer":[]},{"cookie":[]},{}])");
  out.member("x-cell0-scope", std::string(need.verb) + ":" + std::string(need.subject.empty() ? "*" : need.subject));
}

// Those of the operation, and those of its family that it may get although it says nothing of them.
void write_responses(JsonWriter& out, const Written& written) {
  const auto* own = json_member(*written.operation, "responses");
  const auto* family = json_member(written.part->json, "x-errors");
  out.key("responses");
  out.begin_object();
  for (const auto* responses : {own, family}) {
    if (responses == nullptr) continue;
    for (const auto& response : responses->GetObject()) {
      const std::string_view status = json_text(response.name);
      if (responses == own || own == nullptr || json_member(*own, status) == nullptr)
        out.member(status, response.value);
    }
  }
  out.end_object();
}

void write_operation(JsonWriter& out, const Written& written, const Route& route) {
  out.key(lower(route.method));
  out.begin_object();
  if (written.operation != nullptr) {
    for (const auto& member : written.operation->GetObject()) {
      if (json_text(member.name) != "responses") out.member(json_text(member.name), member.value);
    }
    write_responses(out, written);
  }
  write_security(out, route.need);
  out.end_object();
}

void write_paths(JsonWriter& out, const std::vector<const Route*>& routes, const std::vector<Written>& written) {
  out.key("paths");
  out.begin_object();
  std::vector<std::string_view> done;
  for (const Route* route : routes) {
    if (std::find(done.begin(), done.end(), route->path) != done.end()) continue;
    done.push_back(route->path);
    out.key(route->path);
    out.begin_object();
    std::vector<std::string_view> methods;  // of two routes that are alike the router takes the first
    for (std::size_t i = 0; i < routes.size(); ++i) {
      const Route& one = *routes[i];
      if (one.path != route->path || std::find(methods.begin(), methods.end(), one.method) != methods.end()) continue;
      methods.push_back(one.method);
      write_operation(out, written[i], one);
    }
    out.end_object();
  }
  out.end_object();
}

void write_tags(JsonWriter& out, const PartList& parts) {
  out.key("tags");
  out.begin_array();
  for (const Part* part : parts) {
    const auto* tags = json_member(part->json, "tags");
    if (tags == nullptr) continue;
    for (const auto& tag : tags->GetArray()) out.value(tag);
  }
  out.end_array();
}

}  // namespace

std::string openapi_json(const Router& router, unsigned listener) {
  const DocumentParts parts("openapi");
  const auto names = listeners::names(listener);
  const std::string_view here = names.empty() ? std::string_view() : names.front();
  const auto routes = router.on(listener);
  std::vector<Written> written;
  PartList used{&parts.base()};
  for (const Route* route : routes) {
    written.push_back(find_written(parts, here, *route));
    const Part* part = written.back().part;
    if (part != nullptr && std::find(used.begin(), used.end(), part) == used.end()) used.push_back(part);
  }
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  for (const auto& member : parts.base().json.GetObject()) {
    const std::string_view name = json_text(member.name);
    if (name != "components" && name != "tags") out.member(name, member.value);
  }
  write_tags(out, used);
  write_paths(out, routes, written);
  write_components(out, used, [](JsonWriter& schemas) {
    schemas.key("Event");
    write_event_schema(schemas, "EventFields", "data.");
    schemas.key("NewEvent");
    write_event_schema(schemas, "NewEventFields", "new.");
    write_data_schemas(schemas, "data.", EventForm::kReceived);
    write_data_schemas(schemas, "new.", EventForm::kPublished);
  });
  out.end_object();
  return text;
}

}  // namespace cell0::gateway
