#include "common/payload_schema.h"

#include <unordered_map>

#include "cell0/v1/event.pb.h"
#include "common/check.h"

namespace cell0 {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Schemas = std::unordered_map<const Descriptor*, PayloadSchema>;

const PayloadSchema& add(Schemas& schemas, const Descriptor& message);

PayloadField describe(Schemas& schemas, const FieldDescriptor& field, bool camel_case) {
  const v1::FieldOptions& options = field.options().GetExtension(v1::field);
  PayloadField described;
  described.descriptor = &field;
  described.key = camel_case ? field.json_name() : field.name();
  described.required = options.required();
  described.one_of.assign(options.one_of().begin(), options.one_of().end());
  described.default_json = options.default_json();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    described.is_json = field.message_type() == v1::JsonValue::descriptor();
    if (!described.is_json) described.nested = &add(schemas, *field.message_type());
  }
  return described;
}

const PayloadSchema& add(Schemas& schemas, const Descriptor& message) {
  const auto known = schemas.find(&message);
  if (known != schemas.end()) return known->second;
  const bool camel_case = message.options().GetExtension(v1::camel_case);
  PayloadSchema schema;
  for (int i = 0; i < message.field_count(); ++i) {
    schema.fields.push_back(describe(schemas, *message.field(i), camel_case));
  }
  return schemas.emplace(&message, std::move(schema)).first->second;
}

Schemas read_schemas() {
  Schemas schemas;
  const auto* payload = v1::Envelope::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payload->field_count(); ++i) {
    if (const Descriptor* message = payload->field(i)->message_type(); message != nullptr) add(schemas, *message);
  }
  return schemas;
}

}  // namespace

const PayloadField* PayloadSchema::find(std::string_view key) const {
  for (const PayloadField& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

const char* PayloadField::type_in_words() const {
  if (descriptor->is_repeated()) return "an array";
  switch (descriptor->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "a string";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_INT64:
      return "an integer";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "an integer that is not negative";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "an object";
    default:
      return "a number";
  }
}

const PayloadSchema& payload_schema(const Descriptor& descriptor) {
  static const Schemas schemas = read_schemas();
  const auto it = schemas.find(&descriptor);
  CELL0_CHECK(it != schemas.end());
  return it->second;
}

}  // namespace cell0
