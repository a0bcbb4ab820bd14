#include "gateway/http/event_schemas.h"

#include "common/payload_schema.h"

namespace cell0::gateway {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::string_view kSchemas = "#/components/schemas/";

void write_ref(JsonWriter& out, std::string_view schema) {
  out.begin_object();
  out.member("$ref", std::string(kSchemas) + std::string(schema));
  out.end_object();
}

const char* json_type(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "string";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "boolean";
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "integer";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "object";
    default:
      return "number";
  }
}

// Whether the member may be null beside its own type.
bool may_be_null(const PayloadField& field, EventForm form) {
  if (form == EventForm::kPublished) return !field.required;
  if (field.default_json == "null") return true;
  return form == EventForm::kFlat && !field.required && field.default_json.empty() && !field.descriptor->is_repeated();
}

bool always_there(const PayloadField& field, EventForm form) {
  if (field.required || form == EventForm::kFlat) return true;
  return form == EventForm::kReceived && (!field.default_json.empty() || field.descriptor->is_repeated());
}

void write_type(JsonWriter& out, const char* type, bool nullable) {
  out.key("type");
  if (!nullable) return out.string(type);
  out.begin_array();
  out.string(type);
  out.string("null");
  out.end_array();
}

void write_enum(JsonWriter& out, const PayloadField& field, bool nullable) {
  out.key("enum");
  out.begin_array();
  for (const std::string& value : field.one_of) out.string(value);
  if (nullable) out.null();
  out.end_array();
}

void write_object(JsonWriter& out, const PayloadSchema& schema, EventForm form);

void write_field(JsonWriter& out, const PayloadField& field, EventForm form) {
  const bool nullable = may_be_null(field, form);
  out.begin_object();
  if (field.descriptor->is_repeated()) {
    write_type(out, "array", nullable);
    out.key("items");
    out.begin_object();
    out.member("type", json_type(*field.descriptor));
    out.end_object();
  } else if (field.is_json) {
    out.member("description", "Any JSON.");
  } else {
    write_type(out, json_type(*field.descriptor), nullable);
    if (!field.one_of.empty()) write_enum(out, field, nullable);
    if (field.descriptor->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) out.member("minimum", 0);
    // Flat is the event alone: what lies within it is as received.
    if (field.nested != nullptr) {
      write_object(out, *field.nested, form == EventForm::kFlat ? EventForm::kReceived : form);
    }
  }
  if (!field.default_json.empty()) out.raw_member("default", field.default_json);
  out.end_object();
}

// The members of an object's schema behind its type.
void write_object(JsonWriter& out, const PayloadSchema& schema, EventForm form) {
  out.key("properties");
  out.begin_object();
  bool any_required = false;
  for (const PayloadField& field : schema.fields) {
    out.key(field.key);
    write_field(out, field, form);
    any_required = any_required || always_there(field, form);
  }
  out.end_object();
  if (!any_required) return;
  out.key("required");
  out.begin_array();
  for (const PayloadField& field : schema.fields) {
    if (always_there(field, form)) out.string(field.key);
  }
  out.end_array();
}

}  // namespace

void write_data_schema(JsonWriter& out, const EventType& type, EventForm form) {
  out.begin_object();
  out.member("type", "object");
  write_object(out, payload_schema(*type.field->message_type()), form);
  out.end_object();
}

void write_data_schemas(JsonWriter& out, std::string_view prefix, EventForm form) {
  for (const EventType& type : event_types()) {
    out.key(std::string(prefix) + type.name);
    write_data_schema(out, type, form);
  }
}

void write_event_schema(JsonWriter& out, std::string_view fields, std::string_view prefix) {
  out.begin_object();
  out.key("allOf");
  out.begin_array();
  write_ref(out, fields);
  for (const EventType& type : event_types()) {
    out.begin_object();
    out.raw_member("if", R"({"required":["type"],"properties":{"type":{"const":")" + type.name + "\"}}}");
    out.key("then");
    out.begin_object();
    out.key("properties");
    out.begin_object();
    out.key("data");
    write_ref(out, std::string(prefix) + type.name);
    out.end_object();
    out.end_object();
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

}  // namespace cell0::gateway
