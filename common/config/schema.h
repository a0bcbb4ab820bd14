// The vocabulary of the configuration: every section and key with its doc, its range and the place its value goes to.
//
// Schema knows no file and no environment: it takes Settings (a path, a value, where it came from) and puts them into
// the structs that were described to it. So a key exists in one place, and help, defaults, checks and suggestions
// follow.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/config/rule.h"
#include "common/result.h"

namespace cell0 {

using ConfigValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// One value that someone set.
struct Setting {
  std::string where;  // "config.toml:12", "CELL0_LOG_LEVEL", "--set"
  std::string path;   // "gateway.listen.http", "rule[0].topic"
  ConfigValue value;
  bool untyped = false;  // a string from the environment or a flag: the key says how to read it
};

// `value` as TOML: "text" quoted and escaped, lists in brackets.
std::string to_toml(const ConfigValue& value);

// A key: how it is described, and how a value of it is taken and shown.
struct ConfigKey {
  enum class Kind { kFlag, kInteger, kNumber, kText, kList };  // in the order of ConfigValue's types

  std::string name;  // "http"
  std::string doc;   // what it is for, in whole sentences
  std::string rule;  // what a value must be: "a port (1-65535)"
  Kind kind;
  std::function<bool(const ConfigValue&)> take;  // false: the value does not obey the rule. Gets a value of its kind.
  std::function<ConfigValue()> show;
};

// A [section] under construction. Every function binds one key to a member that outlives the schema and holds its
// default.
class ConfigSection {
 public:
  ConfigSection(std::string path, std::string doc) : path_(std::move(path)), doc_(std::move(doc)) {}

  void flag(std::string name, bool& to, std::string doc);
  void number(std::string name, double& to, double min, double max, std::string doc);
  void text(std::string name, std::string& to, TextRule rule, std::string doc);
  void list(std::string name, std::vector<std::string>& to, TextRule rule, std::string doc);
  // The rule is written by hand where a range is not what people call it.
  template <std::integral T>
  void integer(std::string name, T& to, std::int64_t min, std::int64_t max, std::string doc, std::string rule = "");
  template <typename Rep, typename Period>
  void duration(std::string name, std::chrono::duration<Rep, Period>& to, std::int64_t min, std::int64_t max,
                std::string doc);
  void port(std::string name, std::uint16_t& to, std::string doc);           // 1-65535
  void optional_port(std::string name, std::uint16_t& to, std::string doc);  // 0 (off) or 1-65535
  template <typename Enum>
  void choice(std::string name, Enum& to, std::vector<std::pair<std::string, Enum>> names, std::string doc);

  const std::string& path() const { return path_; }
  const std::string& doc() const { return doc_; }
  std::span<const ConfigKey> keys() const { return keys_; }

 private:
  void add(ConfigKey key) { keys_.push_back(std::move(key)); }

  std::string path_, doc_;
  std::vector<ConfigKey> keys_;
};

class Schema {
 public:
  static constexpr std::size_t kRowsMax = 1000;  // of one [[table]]

  Schema() = default;
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // The reference is good as long as the schema.
  ConfigSection& section(std::string path, std::string doc);

  // A [[path]] table array: each row is described as it comes. `rows` outlives the schema.
  template <typename Row>
  void rows(std::string path, std::string doc, std::vector<Row>& rows, void (*describe)(ConfigSection&, Row&));

  // Puts the value into its struct. kInvalid with "where: path: value is not rule", or "where: path is not a key, did
  // you mean ...?".
  Result<void> apply(const Setting& setting);

  // nullptr if there is no such key (rows have none: they live in the file only).
  const ConfigKey* find(std::string_view path) const;
  std::vector<std::string> paths() const;  // of every key, in the order described

  // "gateway.listen.http" -> "CELL0_GATEWAY_LISTEN_HTTP".
  static std::string variable_of(std::string_view path);

  // The known name most like `wrong`, of `candidates`; empty if none is near.
  static std::string nearest(std::string_view wrong, std::span<const std::string> candidates);

  // Every section and key with its doc, as a file that loads back to the current values.
  std::string to_toml() const;

 private:
  struct Rows {
    std::string path, doc;
    std::function<bool(std::size_t index, ConfigSection& section)> open;  // false: too many rows
    std::function<void(ConfigSection& section)> example;
  };

  Result<void> apply_row(const Setting& setting, std::size_t bracket);
  Error unknown(const Setting& setting) const;

  std::vector<std::unique_ptr<ConfigSection>> sections_;
  std::vector<Rows> rows_;
};

template <std::integral T>
void ConfigSection::integer(std::string name, T& to, std::int64_t min, std::int64_t max, std::string doc,
                            std::string rule) {
  if (rule.empty()) rule = range_rule(min, max);
  const auto take = [&to, min, max](const ConfigValue& value) {
    const auto figure = std::get<std::int64_t>(value);
    if (figure < min || figure > max) return false;
    to = static_cast<T>(figure);
    return true;
  };
  add({std::move(name), std::move(doc), std::move(rule), ConfigKey::Kind::kInteger, take,
       [&to] { return ConfigValue(static_cast<std::int64_t>(to)); }});
}

template <typename Rep, typename Period>
void ConfigSection::duration(std::string name, std::chrono::duration<Rep, Period>& to, std::int64_t min,
                             std::int64_t max, std::string doc) {
  const auto take = [&to, min, max](const ConfigValue& value) {
    const auto figure = std::get<std::int64_t>(value);
    if (figure < min || figure > max) return false;
    to = std::chrono::duration<Rep, Period>(figure);
    return true;
  };
  add({std::move(name), std::move(doc), range_rule(min, max), ConfigKey::Kind::kInteger, take,
       [&to] { return ConfigValue(static_cast<std::int64_t>(to.count())); }});
}

template <typename Enum>
void ConfigSection::choice(std::string name, Enum& to, std::vector<std::pair<std::string, Enum>> names,
                           std::string doc) {
  std::vector<std::string> words;
  for (const auto& [word, value] : names) words.push_back(word);
  const auto take = [&to, names](const ConfigValue& value) {
    for (const auto& [word, choice] : names) {
      if (same_word(word, std::get<std::string>(value))) return to = choice, true;
    }
    return false;
  };
  const auto show = [&to, names = std::move(names)] {
    for (const auto& [word, choice] : names) {
      if (choice == to) return ConfigValue(word);
    }
    return ConfigValue(std::string());
  };
  add({std::move(name), std::move(doc), words_rule(words), ConfigKey::Kind::kText, take, show});
}

template <typename Row>
void Schema::rows(std::string path, std::string doc, std::vector<Row>& rows, void (*describe)(ConfigSection&, Row&)) {
  const auto open = [&rows, describe](std::size_t index, ConfigSection& section) {
    if (index >= kRowsMax) return false;
    if (index >= rows.size()) rows.resize(index + 1);
    describe(section, rows[index]);
    return true;
  };
  const auto example = [describe, row = std::make_shared<Row>()](ConfigSection& section) { describe(section, *row); };
  rows_.push_back({std::move(path), std::move(doc), open, example});
}

}  // namespace cell0
