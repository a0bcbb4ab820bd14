// The house's JSON: untrusted text in (RapidJSON behind one function), well-formed UTF-8 text out (a writer of our
// own).
//
// The codecs use rapidjson::Value to walk what parse_json gave them; nobody else includes RapidJSON.
#pragma once

#include <rapidjson/document.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0 {

struct JsonLimits {
  std::size_t depth_max = 32;  // arrays and objects within one another; bounds every later recursion over the value
};

// One JSON value (RFC 8259), strictly: no bytes behind it but whitespace, no byte order mark, no NUL byte, well-formed
// UTF-8 (lone surrogate escapes refused too), no NaN or infinities, numbers exact to the last bit. Of duplicate keys
// all are kept and FindMember finds the first. Iterative: the depth of the input never costs stack. kInvalid: not JSON;
// the text says what and at which byte. kTooLarge: deeper than limits.depth_max.
Result<rapidjson::Document> parse_json(std::string_view text, const JsonLimits& limits = {});

// Views into `value`; valid as long as its document. nullptr or nullopt: not there, or not of that type.
const rapidjson::Value* json_member(const rapidjson::Value& value, std::string_view key);
std::optional<std::string_view> json_string(const rapidjson::Value& value, std::string_view key);
std::optional<std::int64_t> json_int(const rapidjson::Value& value, std::string_view key);
std::optional<std::uint64_t> json_uint(const rapidjson::Value& value, std::string_view key);
std::optional<double> json_number(const rapidjson::Value& value, std::string_view key);
std::optional<bool> json_bool(const rapidjson::Value& value, std::string_view key);
inline std::string_view json_text(const rapidjson::Value& string) {  // REQUIRES: string.IsString()
  return {string.GetString(), string.GetStringLength()};
}

// `text` as a JSON string, quotes included. Always well-formed: bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Appends one JSON value to a string, without whitespace; commas are its business, not the caller's.
//
// REQUIRES (unchecked, it is the hot path): begin and end pair up; in objects every value follows a key.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    comma_ = false;
  }
  void string(std::string_view text) {
    separate();
    append_json_string(out_, text);
  }
  void boolean(bool value) { literal(value ? "true" : "false"); }
  void null() { literal("null"); }
  // The shortest digits that give the same double back; NaN and infinities, which JSON has not, become null.
  void number(double value) {
    if (std::isfinite(value))
      digits(value);
    else
      null();
  }
  void number(std::integral auto value) { digits(value); }
  // REQUIRES: `json` is one JSON value.
  void raw(std::string_view json) { literal(json); }
  void value(const rapidjson::Value& value);

  // A key and its value at once.
  void member(std::string_view name, std::string_view text) { key(name), string(text); }
  void member(std::string_view name, const char* text) { key(name), string(text); }
  void member(std::string_view name, bool flag) { key(name), boolean(flag); }
  void member(std::string_view name, double figure) { key(name), number(figure); }
  void member(std::string_view name, std::integral auto figure) { key(name), number(figure); }
  void member(std::string_view name, const rapidjson::Value& json) { key(name), value(json); }
  void raw_member(std::string_view name, std::string_view json) { key(name), raw(json); }

 private:
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
  }
  void close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }
  void literal(std::string_view json) {
    separate();
    out_ += json;
  }
  void digits(auto value) {
    separate();
    char text[32];  // the longest double is 24 characters, the longest integer 20
    out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace cell0
