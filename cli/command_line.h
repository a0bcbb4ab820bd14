// The command line of `cell0`: what each command takes. The only user of CLI11 in cli/.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config.h"

namespace cell0::cli {

// Which events; the same for sub and history.
struct FilterOptions {
  std::vector<std::string> types;    // names or prefix globs
  std::vector<std::string> topics;   // globs
  std::vector<std::string> sources;  // names or prefix globs
  unsigned min_priority = 0;         // 0: any
  std::string session;
};

struct PubOptions {
  std::string type;
  std::string source = "cell0.cli";
  std::optional<std::string> data;  // nothing: lines from standard input
  unsigned priority = 0;            // 0: the type's
  std::string topic;
  std::string session;
  bool quiet = false;
};

struct SubOptions {
  FilterOptions filter;
  std::optional<std::uint64_t> since;
  std::uint64_t count = 0;  // 0: until stopped
  bool pretty = false;
  bool wait = false;  // for a broker that is not there yet
};

struct HistoryOptions {
  FilterOptions filter;
  std::string since;          // a seq, or a time (common/time_text.h); empty: the beginning
  std::uint64_t through = 0;  // 0: the newest
  std::uint32_t limit = 50;   // 0: all
  bool newest = false;
  bool pretty = false;
};

struct LogCommand {
  enum class What { kInfo, kVerify, kExport, kImport };
  What what = What::kInfo;
  std::string file;      // empty: <state.dir>/log.db
  bool json = false;     // info
  FilterOptions filter;  // export
  std::uint64_t since = 0;
  std::string output;  // export; empty: standard output
  std::string input;   // import; empty: standard input
};

struct ClientsOptions {
  std::size_t limit = 50;  // 0: all
  bool json = false;
};

struct PresenceOptions {
  std::string entity_type;  // empty: any
  bool all = false;         // also who went lately
};

struct TokenOptions {
  enum class What { kIssue, kCheck, kRevoke };
  What what = What::kIssue;
  std::string entity;  // issue
  std::string entity_type = "agent";
  std::vector<std::string> scopes;
  unsigned hours = 0;    // 0: gateway.auth.token_hours
  std::string token;     // check, revoke; "-": from standard input
  bool offline = false;  // check: does not ask the broker whether it was revoked
};

enum class Command { kPub, kSub, kHistory, kClients, kPresence, kServices, kLog, kToken, kCheckConfig };

struct Arguments {
  Command command = Command::kPub;
  CommandLine config;  // --config, --set, --control, --fanout, for read_config
  std::chrono::milliseconds timeout{5000};
  PubOptions pub;
  SubOptions sub;
  HistoryOptions history;
  ClientsOptions clients;
  PresenceOptions presence;
  LogCommand log;
  TokenOptions token;
};

// Nothing if there is no more to do: help, version or an error has been printed; then `exit_code` is what to leave
// with.
std::optional<Arguments> parse_arguments(int argc, const char* const* argv, int& exit_code);

}  // namespace cell0::cli
