// Environment variables as settings.
#include "common/config/environment.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace cell0 {
namespace {

struct Alias {
  const char* variable;
  const char* path;
};

// What the seeds' deployments set (design, section 8).
constexpr Alias kAliases[] = {
    {"CELL0D_WS_HOST", "gateway.listen.hosts"},
    {"CELL0D_WS_PORT", "gateway.listen.cell0d"},
    {"CELL0D_HTTP_PORT", "gateway.listen.http"},
    {"CELL0D_LOG_LEVEL", "log.level"},
    {"CELL0_GATEWAY_HOST", "gateway.listen.hosts"},
    {"CELL0_GATEWAY_PORT", "gateway.listen.jsonrpc"},
    {"CELL0_HEARTBEAT_INTERVAL", "gateway.heartbeat_interval_s"},
    {"CELL0_HEARTBEAT_TIMEOUT", "gateway.heartbeat_timeout_s"},
};

bool is_alias(std::string_view variable) {
  return std::any_of(std::begin(kAliases), std::end(kAliases),
                     [&](const Alias& alias) { return alias.variable == variable; });
}

// "CELL0_GATEWAY_", "CELL0_BROKER_", ...
std::set<std::string> section_prefixes(const std::vector<std::string>& paths) {
  std::set<std::string> prefixes;
  for (const std::string& path : paths) prefixes.insert(Schema::variable_of(path.substr(0, path.find('.'))) + "_");
  return prefixes;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::vector<Setting> read_environment(const Environment& environment, const Schema& schema,
                                      std::vector<Error>& errors) {
  std::vector<Setting> settings;
  for (const Alias& alias : kAliases) {
    const auto found = environment.find(alias.variable);
    if (found != environment.end()) settings.push_back({found->first, alias.path, found->second, true});
  }

  std::map<std::string, std::string> path_of;
  std::vector<std::string> variables;
  const std::vector<std::string> paths = schema.paths();
  for (const std::string& path : paths) {
    variables.push_back(Schema::variable_of(path));
    path_of[variables.back()] = path;
  }
  const std::set<std::string> prefixes = section_prefixes(paths);
  for (const auto& [variable, value] : environment) {
    if (const auto path = path_of.find(variable); path != path_of.end()) {
      settings.push_back({variable, path->second, value, true});
      continue;
    }
    const auto begins = [&, &name = variable](const std::string& prefix) { return name.starts_with(prefix); };
    if (is_alias(variable) || std::none_of(prefixes.begin(), prefixes.end(), begins)) continue;
    const std::string near = Schema::nearest(variable, variables);
    errors.push_back({ErrorCode::kInvalid,
                      variable + " is not a key's variable" + (near.empty() ? "" : ", did you mean " + near + "?")});
  }
  return settings;
}

}  // namespace cell0
