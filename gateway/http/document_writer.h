// A document out of parts: what people wrote (document_parts.h), put together with what the program knows. For
// openapi.h and asyncapi.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"

namespace cell0::gateway {

class DocumentParts {
 public:
  // Those whose name begins with "<family>/". REQUIRES: they are JSON objects, and one of them is called "base".
  explicit DocumentParts(std::string_view family);

  struct Part {
    std::string_view name;  // "everyone"
    rapidjson::Document json;
  };
  const std::vector<Part>& all() const { return parts_; }
  const Part& base() const;

 private:
  std::vector<Part> parts_;
};

using PartList = std::vector<const DocumentParts::Part*>;

// "<key>": the members of that object in every one of the parts, in their order, then what `more` writes.
void write_merged(JsonWriter& out, const PartList& parts, std::string_view key,
                  const std::function<void(JsonWriter&)>& more = {});

// "components": the same of each of its sections; `schemas` writes more into components/schemas.
void write_components(JsonWriter& out, const PartList& parts, const std::function<void(JsonWriter&)>& schemas);

}  // namespace cell0::gateway
