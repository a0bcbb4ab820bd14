// TOML through toml++, flattened to dotted paths.
#include "common/config/toml_reader.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cell0 {
namespace {

// Walks the document; the first value that cannot be a setting ends it with an error.
class Flattener {
 public:
  explicit Flattener(std::string_view name) : name_(name) {}

  Result<std::vector<Setting>> flatten(const toml::table& root) {
    table(root, "");
    if (error_) return *error_;
    return std::move(settings_);
  }

 private:
  void table(const toml::table& from, const std::string& path) {
    for (const auto& [key, node] : from) {
      if (error_) return;
      std::string below = path.empty() ? std::string(key.str()) : path + "." + std::string(key.str());
      visit(node, std::move(below));
    }
  }

  void visit(const toml::node& node, std::string path) {
    if (const auto* below = node.as_table()) return table(*below, path);
    if (const auto* array = node.as_array()) return visit_array(*array, std::move(path));
    if (const auto* text = node.as_string()) return add(node, std::move(path), text->get());
    if (const auto* whole = node.as_integer()) return add(node, std::move(path), whole->get());
    if (const auto* figure = node.as_floating_point()) return add(node, std::move(path), figure->get());
    if (const auto* flag = node.as_boolean()) return add(node, std::move(path), flag->get());
    fail(node, path, "a date or time; write a text, a number, true or false, or a list of texts");
  }

  void visit_array(const toml::array& array, std::string path) {
    std::vector<std::string> items;
    std::size_t index = 0;
    for (const toml::node& node : array) {
      if (const auto* row = node.as_table()) {
        table(*row, path + "[" + std::to_string(index++) + "]");
      } else if (const auto* text = node.as_string()) {
        items.push_back(text->get());
      } else {
        return fail(node, path, "a list of other things than texts");
      }
    }
    if (index > 0 && !items.empty()) return fail(array, path, "a list that mixes texts and tables");
    if (index == 0) add(array, std::move(path), std::move(items));
  }

  void add(const toml::node& node, std::string path, ConfigValue value) {
    settings_.push_back({where(node), std::move(path), std::move(value), false});
  }

  void fail(const toml::node& node, const std::string& path, std::string_view what) {
    if (!error_) error_ = Error{ErrorCode::kInvalid, where(node) + ": " + path + " is " + std::string(what)};
  }

  std::string where(const toml::node& node) const {
    return std::string(name_) + ":" + std::to_string(node.source().begin.line);
  }

  std::string_view name_;
  std::vector<Setting> settings_;
  std::optional<Error> error_;
};

Error unreadable(const std::string& path, int error) {
  const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kForbidden;
  return {code, path + ": cannot be read as the configuration file: " + std::strerror(error)};
}

}  // namespace

Result<std::vector<Setting>> read_toml(std::string_view text, std::string_view name) {
  const toml::parse_result result = toml::parse(text, name);
  if (!result) {
    const toml::parse_error& error = result.error();
    const auto at = error.source().begin;
    return Error{ErrorCode::kInvalid, std::string(name) + ":" + std::to_string(at.line) + ":" +
                                          std::to_string(at.column) +
                                          ": not TOML: " + std::string(error.description())};
  }
  return Flattener(name).flatten(result.table());
}

Result<std::vector<Setting>> read_toml_file(const std::string& path) {
  std::error_code status;
  if (std::filesystem::is_directory(path, status)) return unreadable(path, EISDIR);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(path, errno);
  std::string text(kConfigFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return unreadable(path, EIO);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kConfigFileBytesMax) {
    return Error{ErrorCode::kTooLarge,
                 path + ": a configuration file has at most " + std::to_string(kConfigFileBytesMax) + " bytes"};
  }
  return read_toml(text, path);
}

}  // namespace cell0
