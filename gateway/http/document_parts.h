// The parts of the documents that people wrote, gateway/http/documents/*/*.json, within the program: the build puts
// them into a source of their own (cmake/embed_parts.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace cell0::gateway {

struct DocumentPart {
  std::string_view name;  // "openapi/everyone"
  std::string_view text;  // JSON
};

const std::vector<DocumentPart>& document_parts();

}  // namespace cell0::gateway
