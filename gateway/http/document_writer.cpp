#include "gateway/http/document_writer.h"

#include <algorithm>

#include "common/check.h"
#include "gateway/http/document_parts.h"

namespace cell0::gateway {
namespace {

constexpr JsonLimits kOurs{64};  // schemas lie deep within one another

void write_members(JsonWriter& out, const rapidjson::Value& object) {
  for (const auto& member : object.GetObject()) out.member(json_text(member.name), member.value);
}

}  // namespace

DocumentParts::DocumentParts(std::string_view family) {
  for (const DocumentPart& part : document_parts()) {
    const auto slash = part.name.find('/');
    if (part.name.substr(0, slash) != family) continue;
    auto json = parse_json(part.text, kOurs);
    CELL0_CHECK(json && json->IsObject());
    parts_.push_back({part.name.substr(slash + 1), std::move(*json)});
  }
}

const DocumentParts::Part& DocumentParts::base() const {
  const auto found = std::find_if(parts_.begin(), parts_.end(), [](const Part& part) { return part.name == "base"; });
  CELL0_CHECK(found != parts_.end());
  return *found;
}

void write_merged(JsonWriter& out, const PartList& parts, std::string_view key,
                  const std::function<void(JsonWriter&)>& more) {
  out.key(key);
  out.begin_object();
  for (const DocumentParts::Part* part : parts) {
    if (const auto* object = json_member(part->json, key); object != nullptr) write_members(out, *object);
  }
  if (more) more(out);
  out.end_object();
}

void write_components(JsonWriter& out, const PartList& parts, const std::function<void(JsonWriter&)>& schemas) {
  std::vector<std::string_view> sections{"schemas"};
  const auto section_of = [](const DocumentParts::Part& part, std::string_view section) {
    const auto* components = json_member(part.json, "components");
    return components == nullptr ? nullptr : json_member(*components, section);
  };
  for (const DocumentParts::Part* part : parts) {
    const auto* components = json_member(part->json, "components");
    if (components == nullptr) continue;
    for (const auto& section : components->GetObject()) {
      const std::string_view name = json_text(section.name);
      if (std::find(sections.begin(), sections.end(), name) == sections.end()) sections.push_back(name);
    }
  }
  out.key("components");
  out.begin_object();
  for (const std::string_view section : sections) {
    out.key(section);
    out.begin_object();
    for (const DocumentParts::Part* part : parts) {
      if (const auto* members = section_of(*part, section); members != nullptr) write_members(out, *members);
    }
    if (section == "schemas") schemas(out);
    out.end_object();
  }
  out.end_object();
}

}  // namespace cell0::gateway
