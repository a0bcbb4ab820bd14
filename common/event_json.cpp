#include "common/event_json.h"

#include <cmath>

#include "common/event_schema.h"
#include "common/payload_schema.h"

namespace cell0 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// ---- writing

void write_members(JsonWriter& out, const Message& message, Absent absent);

void write_number_or_text(JsonWriter& out, const Message& message, const Reflection& reflection,
                          const FieldDescriptor* field) {
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return out.string(reflection.GetStringReference(message, field, &scratch));
    case FieldDescriptor::CPPTYPE_BOOL:
      return out.boolean(reflection.GetBool(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return out.number(reflection.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return out.number(reflection.GetUInt64(message, field));
    default:
      return out.number(reflection.GetDouble(message, field));
  }
}

void write_array(JsonWriter& out, const Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  std::string scratch;
  out.begin_array();
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      out.string(reflection.GetRepeatedStringReference(message, field, i, &scratch));
    } else {
      out.number(reflection.GetRepeatedDouble(message, field, i));
    }
  }
  out.end_array();
}

void write_absent(JsonWriter& out, const PayloadField& field, Absent absent) {
  if (!field.default_json.empty()) {
    out.raw_member(field.key, field.default_json);
  } else if (absent == Absent::kNull) {
    out.key(field.key);
    out.null();
  }
}

void write_field(JsonWriter& out, const Message& message, const PayloadField& field, Absent absent) {
  const auto& reflection = *message.GetReflection();
  const FieldDescriptor* descriptor = field.descriptor;
  if (descriptor->is_repeated()) {
    out.key(field.key);
    return write_array(out, message, reflection, descriptor);
  }
  if (!reflection.HasField(message, descriptor)) return write_absent(out, field, absent);
  out.key(field.key);
  if (field.is_json) {
    return out.raw(static_cast<const v1::JsonValue&>(reflection.GetMessage(message, descriptor)).text());
  }
  if (field.nested != nullptr) {
    out.begin_object();
    write_members(out, reflection.GetMessage(message, descriptor), absent);
    return out.end_object();
  }
  write_number_or_text(out, message, reflection, descriptor);
}

void write_members(JsonWriter& out, const Message& message, Absent absent) {
  for (const PayloadField& field : payload_schema(*message.GetDescriptor()).fields) {
    write_field(out, message, field, absent);
  }
}

// The text between the braces of an object.
std::string_view inside_braces(std::string_view object) {
  const auto first = object.find('{') + 1;
  std::string_view inside = object.substr(first, object.rfind('}') - first);
  const auto start = inside.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view{} : inside.substr(start);
}

// ---- reading

Error wrong_type(std::string_view path, const rapidjson::Value& value, const PayloadField& field) {
  std::string text(path);
  text += '.' + field.key + ": ";
  std::string shown;
  JsonWriter writer(shown);
  writer.value(value);
  if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
  return {ErrorCode::kInvalid, text + shown + " is not " + field.type_in_words()};
}

std::string to_text(const rapidjson::Value& value) {
  std::string text;
  JsonWriter writer(text);
  writer.value(value);
  return text;
}

Result<void> read_members(const std::string& path, const rapidjson::Value& object, Message& message,
                          std::string* extra);

bool read_number_or_text(const rapidjson::Value& value, Message& message, const FieldDescriptor* field) {
  const auto& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return value.IsString() && (reflection.SetString(&message, field, std::string(json_text(value))), true);
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.IsBool() && (reflection.SetBool(&message, field, value.GetBool()), true);
    case FieldDescriptor::CPPTYPE_INT64:
      if (value.IsInt64()) return reflection.SetInt64(&message, field, value.GetInt64()), true;
      // 15.0 is an integer for clients whose language has one kind of number.
      if (!value.IsDouble() || std::abs(value.GetDouble()) > 9e15 ||
          std::trunc(value.GetDouble()) != value.GetDouble()) {
        return false;
      }
      return reflection.SetInt64(&message, field, static_cast<std::int64_t>(value.GetDouble())), true;
    case FieldDescriptor::CPPTYPE_UINT64:
      return value.IsUint64() && (reflection.SetUInt64(&message, field, value.GetUint64()), true);
    default:
      return value.IsNumber() && (reflection.SetDouble(&message, field, value.GetDouble()), true);
  }
}

bool read_array(const rapidjson::Value& value, Message& message, const FieldDescriptor* field) {
  if (!value.IsArray()) return false;
  const auto& reflection = *message.GetReflection();
  for (const auto& item : value.GetArray()) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (!item.IsString()) return false;
      reflection.AddString(&message, field, std::string(json_text(item)));
    } else {
      if (!item.IsNumber()) return false;
      reflection.AddDouble(&message, field, item.GetDouble());
    }
  }
  return true;
}

Result<void> read_field(const std::string& path, const rapidjson::Value& value, const PayloadField& field,
                        Message& message) {
  const FieldDescriptor* descriptor = field.descriptor;
  if (value.IsNull() && (!field.is_json || !field.required)) return {};  // null is absence, as Python clients send it
  if (field.is_json) {
    Message* json = message.GetReflection()->MutableMessage(&message, descriptor);
    static_cast<v1::JsonValue*>(json)->set_text(to_text(value));
    return {};
  }
  if (field.nested != nullptr) {
    if (!value.IsObject()) return wrong_type(path, value, field);
    return read_members(path + "." + field.key, value, *message.GetReflection()->MutableMessage(&message, descriptor),
                        nullptr);
  }
  const bool taken = descriptor->is_repeated() ? read_array(value, message, descriptor)
                                               : read_number_or_text(value, message, descriptor);
  if (!taken) return wrong_type(path, value, field);
  return {};
}

// Members that no field takes are appended to `extra` as "key":value pairs; within nested messages they are refused.
Result<void> read_members(const std::string& path, const rapidjson::Value& object, Message& message,
                          std::string* extra) {
  const PayloadSchema& schema = payload_schema(*message.GetDescriptor());
  for (const auto& member : object.GetObject()) {
    const std::string_view key = json_text(member.name);
    if (const PayloadField* field = schema.find(key); field != nullptr) {
      if (auto read = read_field(path, member.value, *field, message); !read) return read;
    } else if (extra != nullptr) {
      if (!extra->empty()) *extra += ',';
      append_json_string(*extra, key);
      *extra += ':' + to_text(member.value);
    } else {
      return Error{ErrorCode::kInvalid, path + "." + std::string(key) + ": there is no such field"};
    }
  }
  return {};
}

}  // namespace

void write_event_members(JsonWriter& out, const v1::Envelope& envelope, Absent absent) {
  const EventType* type = find_event_type(type_of(envelope));
  if (type == nullptr) return;
  write_members(out, envelope.GetReflection()->GetMessage(envelope, type->field), absent);
  if (!envelope.has_extra()) return;
  if (const std::string_view members = inside_braces(envelope.extra().text()); !members.empty()) out.raw(members);
}

void write_event_data(JsonWriter& out, const v1::Envelope& envelope, Absent absent) {
  if (envelope.payload_case() == v1::Envelope::kJson) return out.raw(envelope.json());
  out.begin_object();
  write_event_members(out, envelope, absent);
  out.end_object();
}

Result<void> read_event_data(std::string_view type, const rapidjson::Value& data, v1::Envelope& envelope) {
  if (!data.IsObject()) return Error{ErrorCode::kInvalid, "data: not an object"};
  const EventType* known = find_event_type(type);
  if (known == nullptr) {
    envelope.set_type(std::string(type));
    envelope.set_json(to_text(data));
    return {};
  }
  std::string extra;
  Message* payload = envelope.GetReflection()->MutableMessage(&envelope, known->field);
  if (auto read = read_members(known->name, data, *payload, &extra); !read) return read;
  if (!extra.empty()) envelope.mutable_extra()->set_text("{" + extra + "}");
  return {};
}

}  // namespace cell0
