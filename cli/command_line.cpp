#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include "cli/exit_codes.h"
#include "common/config/environment.h"
#include "common/version.h"

namespace cell0::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 an event was rejected, or it failed otherwise; 2 the command line, the configuration or the "
    "input is wrong; 3 no broker, or no answer in time.";

// A minus would be taken, and make a large number of a small one.
const CLI::Validator kWholeNumber(
    [](const std::string& text) {
      return text.starts_with('-') ? "\"" + text + "\" is not a whole number from 0 on" : "";
    },
    "");

// Lists may be given several times, or with commas.
void add_list(CLI::App& app, const char* name, std::vector<std::string>& to, const char* help) {
  app.add_option(name, to, help)->delimiter(',')->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_filter(CLI::App& app, FilterOptions& filter) {
  add_list(app, "--types,--type", filter.types, "Only these types; a final * stands for the rest: llm_*");
  add_list(app, "--topics,--topic", filter.topics, "Only these topics; * is one part, a final > the rest");
  add_list(app, "--sources,--source", filter.sources, "Only these sources; a final * stands for the rest");
  app.add_option("--min-priority", filter.min_priority, "Only priority N and more urgent (1 is the most urgent)")
      ->check(CLI::Range(1, 10));
  app.add_option("--session", filter.session, "Only this session");
}

void add_pub(CLI::App& app, PubOptions& pub) {
  auto& command = *app.add_subcommand("pub", "Publishes events, acknowledged by the broker");
  command.add_option("--type", pub.type, "The type, such as chat_message; lines of input may name their own");
  command.add_option("--source", pub.source, "Who says so")->capture_default_str();
  command.add_option(
      "--data", pub.data,
      "The data, a JSON object. Without it: JSON lines on standard input, each the data (with --type) or "
      "a whole event {\"type\", \"data\", \"source\", \"priority\", \"topic\", \"session_id\"}");
  command.add_option("--priority", pub.priority, "1-10, lower is more urgent; else the type's")
      ->check(CLI::Range(1, 10));
  command.add_option("--topic", pub.topic, "Else events.<type>");
  command.add_option("--session", pub.session, "The session that it belongs to");
  command.add_flag("--quiet,-q", pub.quiet, "Does not print what became of each event");
}

void add_sub(CLI::App& app, SubOptions& sub) {
  auto& command = *app.add_subcommand("sub", "Prints events as they come, without a gap while the broker holds them");
  add_filter(command, sub.filter);
  command.add_option("--since", sub.since, "First what came after this seq")->check(kWholeNumber);
  command.add_option("--count,-n", sub.count, "Ends after so many events")->check(kWholeNumber);
  command.add_flag("--pretty,-p", sub.pretty, "For people instead of JSON lines");
  command.add_flag("--wait,-w", sub.wait, "Waits for a broker that is not there yet");
}

void add_history(CLI::App& app, HistoryOptions& history) {
  auto& command = *app.add_subcommand("history", "Prints events that the broker holds, oldest first");
  add_filter(command, history.filter);
  command.add_option("--since", history.since,
                     "Only after this seq; or what the broker took at this time or later: 2026-02-12T10:30:00Z, "
                     "@1770892200 (seconds since 1970)");
  command.add_option("--through", history.through, "Only up to and including this seq")->check(kWholeNumber);
  command.add_option("--limit,-n", history.limit, "At most so many; 0: all")->capture_default_str();
  command.add_flag("--newest", history.newest, "The last of the range instead of the first");
  command.add_flag("--pretty,-p", history.pretty, "For people instead of JSON lines");
}

void add_clients(CLI::App& app, ClientsOptions& clients) {
  auto& command = *app.add_subcommand("clients", "Shows the clients of every gateway, the one furthest behind first");
  command.add_option("--limit,-n", clients.limit, "At most so many; 0: all")->capture_default_str();
  command.add_flag("--json", clients.json, "JSON lines instead of a table");
}

void add_presence(CLI::App& app, PresenceOptions& presence) {
  auto& command = *app.add_subcommand("presence", "Shows who is connected, on all gateways, as JSON lines");
  command.add_option("--entity-type", presence.entity_type, "Only these")
      ->check(CLI::IsMember({"agent", "user", "session", "channel", "system"}));
  command.add_flag("--all,-a", presence.all, "Also who went lately");
}

void add_log(CLI::App& app, LogCommand& log) {
  using What = LogCommand::What;
  auto& command = *app.add_subcommand("log", "Looks into the broker's log file, exports and imports it");
  command.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, What what) -> CLI::App& {
    auto& sub = *command.add_subcommand(name, help);
    sub.add_option("file", log.file, "The log; else <state.dir>/log.db");
    sub.callback([&log, what] { log.what = what; });
    return sub;
  };
  add("info", "What it holds", What::kInfo).add_flag("--json", log.json, "As one JSON object");
  add("verify", "Reads everything and names what is damaged; exit code 1 if anything is", What::kVerify);
  auto& out = add("export", "Events as JSON lines, oldest first; also while the broker runs", What::kExport);
  add_filter(out, log.filter);
  out.add_option("--since", log.since, "Only after this seq");
  out.add_option("--output,-o", log.output, "A file instead of standard output");
  auto& in = add("import", "Makes a new log out of exported lines", What::kImport);
  in.add_option("--input,-i", log.input, "A file instead of standard input");
}

void add_token(CLI::App& app, TokenOptions& token) {
  using What = TokenOptions::What;
  auto& command = *app.add_subcommand("token", "Issues, checks and revokes tokens");
  command.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, What what) -> CLI::App& {
    auto& sub = *command.add_subcommand(name, help);
    sub.callback([&token, what] { token.what = what; });
    return sub;
  };
  auto& issue = add("issue", "Prints a new token, signed with this machine's key", What::kIssue);
  issue.add_option("--entity,-e", token.entity, "Whose it is")->required();
  issue.add_option("--type", token.entity_type, "agent, user, session, channel or system")->capture_default_str();
  add_list(issue, "--scope,-s", token.scopes,
           "What it may do, such as publish:channels.>, presence:write, agent:send, or * for everything; without any "
           "it may only be shown");
  issue.add_option("--hours", token.hours, "How long it is good for; else gateway.auth.token_hours")
      ->check(CLI::Range(1, 87'600));
  const char* const kTokenHelp = "The token; - reads it from standard input";
  auto& check = add("check", "Says what is in a token; exit code 1 if it is not valid or was revoked", What::kCheck);
  check.add_option("token", token.token, kTokenHelp)->required();
  check.add_flag("--offline", token.offline, "Does not ask the broker whether it was revoked");
  auto& revoke = add("revoke", "Ends a token, and those derived from it, on every gateway", What::kRevoke);
  revoke.add_option("token", token.token, kTokenHelp)->required();
}

struct Globals {
  std::string config;
  std::vector<std::string> sets;
  std::string control;
  std::string fanout;
  double timeout_s = 5;
};

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--config", globals.config, "The configuration file; else $CELL0_CONFIG");
  app.add_option("--set", globals.sets, "section.key=value, over file and environment")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--control", globals.control, "The broker's control socket (link.control)");
  app.add_option("--fanout", globals.fanout, "The broker's fanout socket (link.fanout)");
  app.add_option("--timeout", globals.timeout_s, "Seconds to wait for the broker")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

CommandLine config_of(const Globals& globals, const std::vector<std::pair<std::string, std::string>>& sets) {
  CommandLine line;
  line.config_file = globals.config;
  if (line.config_file.empty()) {
    if (const char* file = std::getenv("CELL0_CONFIG"); file != nullptr) line.config_file = file;
  }
  for (const auto& [path, value] : sets) line.settings.push_back({"--set", path, value, true});
  if (!globals.control.empty()) line.settings.push_back({"--control", "link.control", globals.control, true});
  if (!globals.fanout.empty()) line.settings.push_back({"--fanout", "link.fanout", globals.fanout, true});
  return line;
}

std::vector<std::pair<std::string, std::string>> split_sets(const std::vector<std::string>& sets) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& set : sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) throw CLI::ValidationError("--set", "\"" + set + "\" is not section.key=value");
    pairs.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  return pairs;
}

void finish_arguments(const CLI::App& app, const Globals& globals, Arguments& arguments) {
  arguments.config = config_of(globals, split_sets(globals.sets));
  arguments.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(globals.timeout_s * 1000));
  if (app.got_subcommand("pub")) arguments.command = Command::kPub;
  if (app.got_subcommand("sub")) arguments.command = Command::kSub;
  if (app.got_subcommand("history")) arguments.command = Command::kHistory;
  if (app.got_subcommand("clients")) arguments.command = Command::kClients;
  if (app.got_subcommand("presence")) arguments.command = Command::kPresence;
  if (app.got_subcommand("services")) arguments.command = Command::kServices;
  if (app.got_subcommand("log")) arguments.command = Command::kLog;
  if (app.got_subcommand("token")) arguments.command = Command::kToken;
  if (app.got_subcommand("check-config")) arguments.command = Command::kCheckConfig;
}

}  // namespace

std::optional<Arguments> parse_arguments(int argc, const char* const* argv, int& exit_code) {
  CLI::App app("Publishes, follows and looks up events of cell0.", "cell0");
  Arguments arguments;
  Globals globals;
  app.footer(kExitCodes);
  app.set_version_flag("--version", std::string("cell0 ") + version());
  app.require_subcommand(1);
  app.fallthrough();  // the flags above may stand behind the command too
  add_globals(app, globals);
  add_pub(app, arguments.pub);
  add_sub(app, arguments.sub);
  add_history(app, arguments.history);
  add_clients(app, arguments.clients);
  add_presence(app, arguments.presence);
  app.add_subcommand("services", "Shows who serves what, as JSON lines");
  add_log(app, arguments.log);
  add_token(app, arguments.token);
  auto& check = *app.add_subcommand("check-config", "Reads the configuration and says what is wrong with it");
  check.add_option("file", globals.config, "The file; else --config or $CELL0_CONFIG");
  try {
    app.parse(argc, argv);
    finish_arguments(app, globals, arguments);
    return arguments;
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);  // prints it
    exit_code = code == 0 ? kExitOk : kExitUsage;
    return std::nullopt;
  }
}

}  // namespace cell0::cli
