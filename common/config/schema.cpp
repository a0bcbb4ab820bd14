// Values into structs, and structs into a commented file.
#include "common/config/schema.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include "common/json.h"
#include "common/utf8.h"

namespace cell0 {
namespace {

using Kind = ConfigKey::Kind;

template <typename T>
std::optional<ConfigValue> read_figure(std::string_view text) {
  T figure{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), figure);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return ConfigValue(figure);
}

std::optional<ConfigValue> read_flag(std::string_view text) {
  for (const std::string_view word : {"true", "1", "yes", "on"}) {
    if (same_word(text, word)) return ConfigValue(true);
  }
  for (const std::string_view word : {"false", "0", "no", "off"}) {
    if (same_word(text, word)) return ConfigValue(false);
  }
  return std::nullopt;
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

// A text from the environment or a flag, as the key wants it. nullopt: it cannot be that.
std::optional<ConfigValue> read_untyped(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kFlag:
      return read_flag(text);
    case Kind::kInteger:
      return read_figure<std::int64_t>(text);
    case Kind::kNumber:
      return read_figure<double>(text);
    case Kind::kText:
      return ConfigValue(text);
    case Kind::kList:
      return ConfigValue(split_commas(text));
  }
  return std::nullopt;
}

std::optional<ConfigValue> read_typed(Kind kind, const ConfigValue& value) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  if (kind == Kind::kNumber && whole != nullptr) return ConfigValue(static_cast<double>(*whole));
  if (value.index() != static_cast<std::size_t>(kind)) return std::nullopt;  // both list the types in one order
  return value;
}

// What the user typed, to be recognised: a text that was not in quotes is shown without.
std::string shown(const Setting& setting) {
  const auto* text = std::get_if<std::string>(&setting.value);
  if (setting.untyped && text != nullptr && !text->empty()) return printable(*text);
  return printable(to_toml(setting.value), 160);
}

Result<void> take(const ConfigKey& key, const Setting& setting) {
  const auto* text = std::get_if<std::string>(&setting.value);
  const auto value =
      setting.untyped && text != nullptr ? read_untyped(key.kind, *text) : read_typed(key.kind, setting.value);
  if (value && key.take(*value)) return {};
  return Error{ErrorCode::kInvalid,
               setting.where + ": " + setting.path + ": " + shown(setting) + " is not " + key.rule};
}

const ConfigKey* find_key(const ConfigSection& section, std::string_view name) {
  const auto keys = section.keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& each) { return each.name == name; });
  return key == keys.end() ? nullptr : &*key;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

void append_comment(std::string& out, std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (column == 0 || column + 1 + space > kWidth) {
      out += column == 0 ? "#" : "\n#";
      column = 1;
    }
    out.append(" ").append(text.substr(0, space));
    column += 1 + space;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  out += '\n';
}

void append_keys(std::string& out, const ConfigSection& section, bool with_variable, std::string_view margin) {
  for (const ConfigKey& key : section.keys()) {
    append_comment(out, key.doc + " Must be " + key.rule + "." +
                            (with_variable ? " [" + Schema::variable_of(section.path() + "." + key.name) + "]" : ""));
    out.append(margin).append(key.name).append(" = ").append(to_toml(key.show())).append("\n");
  }
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);  // TOML's basic strings have all of JSON's escapes
  return json;
}

}  // namespace

std::string to_toml(const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  std::string out;
  if (const auto* figure = std::get_if<double>(&value)) {
    JsonWriter(out).number(*figure);
    return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
  }
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    out.append(out.empty() ? "" : ", ").append(quoted(item));
  }
  return "[" + out + "]";
}

void ConfigSection::flag(std::string name, bool& to, std::string doc) {
  add({std::move(name), std::move(doc), "true or false", Kind::kFlag,
       [&to](const ConfigValue& value) { return to = std::get<bool>(value), true; },
       [&to] { return ConfigValue(to); }});
}

void ConfigSection::number(std::string name, double& to, double min, double max, std::string doc) {
  std::string rule = "a number from ";
  JsonWriter(rule).number(min);
  rule += " to ";
  JsonWriter(rule).number(max);
  const auto take_number = [&to, min, max](const ConfigValue& value) {
    const double figure = std::get<double>(value);
    if (!(figure >= min && figure <= max)) return false;  // NaN is in no range
    to = figure;
    return true;
  };
  add({std::move(name), std::move(doc), std::move(rule), Kind::kNumber, take_number,
       [&to] { return ConfigValue(to); }});
}

void ConfigSection::text(std::string name, std::string& to, TextRule rule, std::string doc) {
  const auto take_text = [&to, rule](const ConfigValue& value) {
    const auto& text = std::get<std::string>(value);
    if (!rule.fits(text)) return false;
    to = text;
    return true;
  };
  add({std::move(name), std::move(doc), std::string(rule.words), Kind::kText, take_text,
       [&to] { return ConfigValue(to); }});
}

void ConfigSection::list(std::string name, std::vector<std::string>& to, TextRule rule, std::string doc) {
  const auto take_list = [&to, rule](const ConfigValue& value) {
    const auto& items = std::get<std::vector<std::string>>(value);
    if (!std::all_of(items.begin(), items.end(), rule.fits)) return false;
    to = items;
    return true;
  };
  add({std::move(name), std::move(doc), "a list, each item " + std::string(rule.words), Kind::kList, take_list,
       [&to] { return ConfigValue(to); }});
}

void ConfigSection::port(std::string name, std::uint16_t& to, std::string doc) {
  integer(std::move(name), to, 1, 65535, std::move(doc), "a port (1-65535)");
}

void ConfigSection::optional_port(std::string name, std::uint16_t& to, std::string doc) {
  integer(std::move(name), to, 0, 65535, std::move(doc), "a port (1-65535, or 0 for none)");
}

ConfigSection& Schema::section(std::string path, std::string doc) {
  return *sections_.emplace_back(std::make_unique<ConfigSection>(std::move(path), std::move(doc)));
}

const ConfigKey* Schema::find(std::string_view path) const {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  for (const auto& section : sections_) {
    if (section->path() == path.substr(0, dot)) return find_key(*section, path.substr(dot + 1));
  }
  return nullptr;
}

std::vector<std::string> Schema::paths() const {
  std::vector<std::string> paths;
  for (const auto& section : sections_) {
    for (const ConfigKey& key : section->keys()) paths.push_back(section->path() + "." + key.name);
  }
  return paths;
}

Result<void> Schema::apply(const Setting& setting) {
  if (const std::size_t bracket = setting.path.find('['); bracket != std::string::npos) {
    return apply_row(setting, bracket);
  }
  const ConfigKey* key = find(setting.path);
  if (key == nullptr) return unknown(setting);
  return take(*key, setting);
}

// "rule[3].topic": the reader of the file writes no other form.
Result<void> Schema::apply_row(const Setting& setting, std::size_t bracket) {
  const std::string_view path = setting.path;
  const std::size_t close = path.find("].", bracket);
  if (close == std::string_view::npos) return unknown(setting);
  const auto row = read_figure<std::int64_t>(path.substr(bracket + 1, close - bracket - 1));
  if (!row || std::get<std::int64_t>(*row) < 0) return unknown(setting);
  const auto index = static_cast<std::size_t>(std::get<std::int64_t>(*row));
  const auto table =
      std::find_if(rows_.begin(), rows_.end(), [&](const Rows& rows) { return rows.path == path.substr(0, bracket); });
  if (table == rows_.end()) return unknown(setting);
  ConfigSection section(table->path, table->doc);
  if (!table->open(index, section)) {
    return Error{ErrorCode::kTooLarge,
                 setting.where + ": more than " + std::to_string(kRowsMax) + " [[" + table->path + "]] tables"};
  }
  const std::string_view name = path.substr(close + 2);
  if (const ConfigKey* key = find_key(section, name)) return take(*key, setting);
  std::vector<std::string> names;
  for (const ConfigKey& key : section.keys()) names.push_back(key.name);
  const std::string near = nearest(name, names);
  return Error{ErrorCode::kInvalid, setting.where + ": " + setting.path + " is not a key" +
                                        (near.empty() ? "" : ", did you mean " + near + "?")};
}

Error Schema::unknown(const Setting& setting) const {
  std::string text = setting.where + ": " + printable(setting.path) + " is not a key";
  for (const Rows& rows : rows_) {
    if (setting.path == rows.path || setting.path.starts_with(rows.path + ".")) {
      return {ErrorCode::kInvalid,
              text + "; each " + rows.path + " is a table of its own in the file: [[" + rows.path + "]]"};
    }
  }
  const std::string near = nearest(setting.path, paths());
  if (!near.empty()) text += ", did you mean " + near + "?";
  return {ErrorCode::kInvalid, std::move(text)};
}

std::string Schema::variable_of(std::string_view path) {
  std::string name = "CELL0_";
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string Schema::nearest(std::string_view wrong, std::span<const std::string> candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  if (wrong.size() > 128) return best;  // the cost is quadratic, and nobody mistypes that
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(wrong, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (!best.empty()) return best;
  // The right key in the wrong section.
  const std::string_view leaf = wrong.substr(wrong.rfind('.') + 1);
  for (const std::string& candidate : candidates) {
    if (std::string_view(candidate).substr(candidate.rfind('.') + 1) == leaf) return candidate;
  }
  return best;
}

std::string Schema::to_toml() const {
  std::string out =
      "# Every key of cell0 at its default. One file serves all processes: each reads its own sections.\n"
      "# Over this file goes the environment (the name in brackets), over that the flags (--set section.key=value).\n";
  for (const auto& section : sections_) {
    out += '\n';
    append_comment(out, section->doc());
    out.append("[").append(section->path()).append("]\n");
    append_keys(out, *section, true, "");
  }
  for (const Rows& rows : rows_) {
    ConfigSection example(rows.path, rows.doc);
    rows.example(example);
    out += '\n';
    append_comment(out, rows.doc);
    out.append("# [[").append(rows.path).append("]]\n");
    append_keys(out, example, false, "# ");
  }
  return out;
}

}  // namespace cell0
