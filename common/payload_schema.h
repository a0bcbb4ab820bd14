// The fields of a payload message with their rules, read once from the descriptors: what event_check and event_json
// walk, and a dialect that renders every field, absent or not.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace cell0 {

struct PayloadSchema;

struct PayloadField {
  const google::protobuf::FieldDescriptor* descriptor = nullptr;
  std::string key;  // in JSON
  bool required = false;
  std::vector<std::string> one_of;        // empty: anything
  std::string default_json;               // empty: none
  bool is_json = false;                   // a JsonValue
  const PayloadSchema* nested = nullptr;  // a message of ours

  const char* type_in_words() const;  // "a string", "a number", ...
};

struct PayloadSchema {
  std::vector<PayloadField> fields;  // in the order of the message

  const PayloadField* find(std::string_view key) const;
};

// REQUIRES: descriptor is a payload of Envelope, or a message within one. Made at first use, kept for the process's
// life.
const PayloadSchema& payload_schema(const google::protobuf::Descriptor& descriptor);

}  // namespace cell0
