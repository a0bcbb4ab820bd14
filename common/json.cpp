// JSON in through RapidJSON's iterative reader, JSON out by hand.
#include "common/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>

#include "common/utf8.h"

namespace cell0 {
namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;

// RapidJSON 1.1 lets an escaped lone low surrogate through, which becomes ED A0..BF. In text whose bytes were validated
// nothing else can look like that.
bool has_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

// Stands between reader and document: counts the depth before a value is built, and refuses lone surrogates.
template <typename Document>
struct Guard {
  using Size = rapidjson::SizeType;

  bool Null() { return to.Null(); }
  bool Bool(bool value) { return to.Bool(value); }
  bool Int(int value) { return to.Int(value); }
  bool Uint(unsigned value) { return to.Uint(value); }
  bool Int64(std::int64_t value) { return to.Int64(value); }
  bool Uint64(std::uint64_t value) { return to.Uint64(value); }
  bool Double(double value) { return to.Double(value); }
  bool RawNumber(const char* text, Size size, bool copy) { return to.RawNumber(text, size, copy); }
  bool String(const char* text, Size size, bool copy) { return whole({text, size}) && to.String(text, size, copy); }
  bool Key(const char* text, Size size, bool copy) { return whole({text, size}) && to.Key(text, size, copy); }
  bool StartObject() { return deeper() && to.StartObject(); }
  bool EndObject(Size count) { return --depth, to.EndObject(count); }
  bool StartArray() { return deeper() && to.StartArray(); }
  bool EndArray(Size count) { return --depth, to.EndArray(count); }

  bool deeper() {
    too_deep = ++depth > depth_max;
    return !too_deep;
  }
  bool whole(std::string_view text) {
    lone_surrogate = has_surrogate(text);
    return !lone_surrogate;
  }

  Document& to;
  std::size_t depth_max;
  std::size_t depth = 0;
  bool too_deep = false;
  bool lone_surrogate = false;
};

Error not_json(std::size_t at, std::string_view why) {
  return {ErrorCode::kInvalid, "not JSON at byte " + std::to_string(at) + ": " + std::string(why)};
}

// What append_json_string puts for an ASCII byte: 0 itself, 'u' \u00NN, else a backslash and that letter.
constexpr std::array<char, 128> kEscapes = [] {
  std::array<char, 128> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\f'] = 'f';
  escapes['\r'] = 'r';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

void append_escape(std::string& out, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '\\';
  out += kEscapes[byte];
  if (kEscapes[byte] == 'u') out += {'0', '0', kHex[byte >> 4], kHex[byte & 15]};
}

// RapidJSON's events of a value, into our writer.
struct ToWriter {
  using Size = rapidjson::SizeType;

  bool Null() { return writer.null(), true; }
  bool Bool(bool value) { return writer.boolean(value), true; }
  bool Int(int value) { return writer.number(value), true; }
  bool Uint(unsigned value) { return writer.number(value), true; }
  bool Int64(std::int64_t value) { return writer.number(value), true; }
  bool Uint64(std::uint64_t value) { return writer.number(value), true; }
  bool Double(double value) { return writer.number(value), true; }
  bool RawNumber(const char* text, Size size, bool) { return writer.raw({text, size}), true; }
  bool String(const char* text, Size size, bool) { return writer.string({text, size}), true; }
  bool Key(const char* text, Size size, bool) { return writer.key({text, size}), true; }
  bool StartObject() { return writer.begin_object(), true; }
  bool EndObject(Size) { return writer.end_object(), true; }
  bool StartArray() { return writer.begin_array(), true; }
  bool EndArray(Size) { return writer.end_array(), true; }

  JsonWriter& writer;
};

}  // namespace

Result<rapidjson::Document> parse_json(std::string_view text, const JsonLimits& limits) {
  // RapidJSON takes a NUL for the end of its input and would leave what follows unread.
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) return not_json(at, "a NUL byte");

  rapidjson::Document document;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Guard<rapidjson::Document> guard{document, limits.depth_max};
  auto generate = [&](auto&) { return !reader.Parse<kParseFlags>(stream, guard).IsError(); };
  document.Populate(generate);

  if (guard.too_deep) {
    return Error{ErrorCode::kTooLarge,
                 "JSON is nested deeper than " + std::to_string(limits.depth_max) + " arrays and objects"};
  }
  if (guard.lone_surrogate) return not_json(stream.Tell(), "a lone surrogate in a string");
  if (reader.HasParseError()) {
    return not_json(reader.GetErrorOffset(), rapidjson::GetParseError_En(reader.GetParseErrorCode()));
  }
  return document;
}

const rapidjson::Value* json_member(const rapidjson::Value& value, std::string_view key) {
  if (!value.IsObject()) return nullptr;
  const rapidjson::Value name(rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size())));
  const auto member = value.FindMember(name);
  return member == value.MemberEnd() ? nullptr : &member->value;
}

std::optional<std::string_view> json_string(const rapidjson::Value& value, std::string_view key) {
  const rapidjson::Value* member = json_member(value, key);
  if (member == nullptr || !member->IsString()) return std::nullopt;
  return json_text(*member);
}

std::optional<std::int64_t> json_int(const rapidjson::Value& value, std::string_view key) {
  const rapidjson::Value* member = json_member(value, key);
  if (member == nullptr || !member->IsInt64()) return std::nullopt;
  return member->GetInt64();
}

std::optional<std::uint64_t> json_uint(const rapidjson::Value& value, std::string_view key) {
  const rapidjson::Value* member = json_member(value, key);
  if (member == nullptr || !member->IsUint64()) return std::nullopt;
  return member->GetUint64();
}

std::optional<double> json_number(const rapidjson::Value& value, std::string_view key) {
  const rapidjson::Value* member = json_member(value, key);
  if (member == nullptr || !member->IsNumber()) return std::nullopt;
  return member->GetDouble();
}

std::optional<bool> json_bool(const rapidjson::Value& value, std::string_view key) {
  const rapidjson::Value* member = json_member(value, key);
  if (member == nullptr || !member->IsBool()) return std::nullopt;
  return member->GetBool();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? (kEscapes[byte] == 0 ? 1 : 0) : utf8_length(text.substr(at));
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text, written, at - written);
    if (byte < 0x80)
      append_escape(out, byte);
    else
      out += "\xEF\xBF\xBD";
    written = ++at;
  }
  out.append(text, written);
  out += '"';
}

void JsonWriter::value(const rapidjson::Value& value) {
  ToWriter to{*this};
  value.Accept(to);
}

}  // namespace cell0
