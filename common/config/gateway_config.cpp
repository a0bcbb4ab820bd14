// The keys of [gateway], [gateway.listen], [gateway.auth] and [gateway.limits].
#include "common/config/gateway_config.h"

#include <algorithm>

#include "common/auth/scopes.h"
#include "common/config/schema.h"

namespace cell0 {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kHourMs = 3'600'000;

void describe_listen(ConfigSection& listen, GatewayListenConfig& to) {
  listen.list("hosts", to.hosts, kAddress,
              "The addresses that every public listener binds. Beyond loopback auth.allow_anonymous must be set, or "
              "auth.anonymous_scopes be empty.");
  listen.optional_port("http", to.http, "The dashboard and the HTTP API, with the cell0d dialect at the root.");
  listen.optional_port("cell0d", to.cell0d, "The cell0d dialect's own listener.");
  listen.optional_port("jsonrpc", to.jsonrpc, "The jsonrpc dialect's own listener.");
  listen.optional_port("coda", to.coda, "The coda dialect's own listener.");
  listen.optional_port("arcane", to.arcane, "The arcane dialect's own listener, with its REST.");
  listen.optional_port("neolith", to.neolith, "The neolith dialect's own listener, with its REST.");
  listen.optional_port("api", to.api, "The HTTP API's own listener.");
}

const TextRule kScope{[](std::string_view text) { return auth::Scope::parse(text).ok(); },
                      "a scope like subscribe:events.>, presence:read or sessions:run:demo (docs/auth.md)"};

void describe_key(ConfigSection& key, AuthKeyConfig& to) {
  using auth::Algorithm;
  key.choice("algorithm", to.algorithm,
             {{"HS256", Algorithm::kHs256}, {"RS256", Algorithm::kRs256}, {"ES256", Algorithm::kEs256}},
             "The only algorithm that this key is for.");
  key.text("file", to.file, kSomeText, "The secret (HS256; readable by its owner only) or the public key as PEM.");
  key.text("kid", to.kid, kOptionalName, "Only for tokens that name it. Empty: for all of the algorithm.");
}

void describe_auth(ConfigSection& auth, GatewayAuthConfig& to) {
  auth.flag("allow_anonymous", to.allow_anonymous,
            "Lets clients without a token in (with anonymous_scopes) also where a listener is not on loopback.");
  auth.list("anonymous_scopes", to.anonymous_scopes, kScope,
            "What clients without a token may do. Empty: nothing but show one.");
  auth.text("signing_key_file", to.signing_key_file, kAnyText,
            "The key that tokens are issued with; give gateways of several machines copies of one. Empty: "
            "<state.dir>/signing.key, which is made if it is not there.");
  auth.duration("token_hours", to.token_hours, 1, 24 * 3650, "Hours that an issued token is good for by default.");
  auth.duration("token_hours_max", to.token_hours_max, 1, 24 * 3650, "Hours that an issued token is good for at most.");
  auth.duration("revocations_unknown_ms_max", to.revocations_unknown_max, 0, 24 * 3'600'000,
                "Milliseconds without the broker, which knows the revoked tokens, after which tokens are refused. The "
                "admin token is not, and clients that are connected stay.");
  auth.integer("failures_max", to.failures_max, 1, 1'000'000,
               "Wrong tokens from one address within a minute after which one a second is looked at.");
  auth.list("allowed_origins", to.allowed_origins, kOrigin,
            "Origins of web pages that may connect, beside the same host and, on loopback, any loopback origin.");
  auth.list("allowed_hosts", to.allowed_hosts, kSomeText,
            "Names that a request's Host may have, beside IP addresses and localhost (without the port).");
}

void describe_memory(ConfigSection& limits, GatewayLimits& to) {
  limits.integer("connections_max", to.connections_max, 1, 1'000'000,
                 "Open client connections. At the limit new ones wait in the kernel's backlog.");
  limits.integer("message_bytes_max", to.message_bytes_max, 1 * kKiB, 64 * kMiB,
                 "Bytes of a WebSocket message, all its fragments together. More closes with 1009.");
  limits.integer("jsonrpc_message_bytes_max", to.jsonrpc_message_bytes_max, 1 * kKiB, 64 * kMiB,
                 "The same for clients of the jsonrpc dialect.");
  limits.integer("input_bytes_max", to.input_bytes_max, 1 * kMiB, 64 * kGiB,
                 "Bytes of incomplete WebSocket messages, of all clients. Who sends more of one closes with 1013.");
  limits.integer("head_bytes_max", to.head_bytes_max, 1 * kKiB, 1 * kMiB,
                 "Bytes of a request's line and headers. More is answered with 431.");
  limits.integer("body_bytes_max", to.body_bytes_max, 1 * kKiB, 64 * kMiB,
                 "Bytes of a request's body. More is answered with 413.");
  limits.integer("reply_queue_bytes_max", to.reply_queue_bytes_max, 16 * kKiB, 64 * kMiB,
                 "Bytes of replies that wait for one client's socket. More closes with 1013.");
  limits.integer(
      "send_buffer_bytes", to.send_buffer_bytes, 0, 16 * kMiB,
      "The kernel's buffer of a connection (SO_SNDBUF, doubled by the kernel); 0 leaves the kernel's default.");
  limits.integer(
      "ring_events_max", to.ring_events_max, 64, 10'000'000,
      "The newest events held in memory. Beyond it the oldest are dropped and come from the broker's history.");
  limits.integer("ring_bytes_max", to.ring_bytes_max, 64 * kKiB, 64 * kGiB,
                 "Bytes of the newest events held in memory. Beyond it the oldest are dropped.");
  limits.integer("lag_bytes_max", to.lag_bytes_max, 16 * kKiB, 64 * kGiB,
                 "Bytes that a client may be behind. Beyond it the least urgent events are skipped, and it is told.");
  limits.integer("pages_max", to.pages_max, 2, 10'000,
                 "Pages of the broker's history held for clients that are catching up (256 KiB each).");
  limits.integer("hold_bytes_max", to.hold_bytes_max, 64 * kKiB, 4 * kGiB,
                 "Bytes held back while a gap is repaired. Beyond it clients are told what is skipped.");
  limits.integer("cursor_chunk_bytes", to.cursor_chunk_bytes, 1 * kKiB, 1 * kMiB,
                 "Bytes rendered at a time for one client that is catching up.");
  limits.integer("sets_max", to.sets_max, 1, 1'000'000,
                 "Distinct subscriptions at once. Beyond it a new one is answered with an error.");
  limits.integer("topic_sets_max", to.topic_sets_max, 1, 10'000'000,
                 "Distinct subscriptions to exact topics or one session at once. Beyond it a new one is an error.");
  limits.integer("history_limit_max", to.history_limit_max, 1, 100'000,
                 "Events in one answer of history. A larger request is answered with this many.");
}

void describe_times(ConfigSection& limits, GatewayLimits& to) {
  limits.duration("hold_ms_max", to.hold_max, 0, 10 * 60'000,
                  "Milliseconds that delivery is held back while a gap is repaired.");
  limits.duration("flush_interval_ms_max", to.flush_interval_max, 0, 1'000,
                  "Milliseconds that events are gathered at most before they are written, when the process is busy.");
  limits.duration("head_timeout_ms", to.head_timeout, 100, kHourMs, "Milliseconds for a request's line and headers.");
  limits.duration("body_timeout_ms", to.body_timeout, 100, kHourMs, "Milliseconds for a request's body.");
  limits.duration("idle_timeout_ms", to.idle_timeout, 100, kHourMs,
                  "Milliseconds between two requests of an HTTP connection.");
  limits.duration("message_timeout_ms", to.message_timeout, 100, kHourMs,
                  "Milliseconds from the first to the last byte of a WebSocket message.");
  limits.duration("close_timeout_ms", to.close_timeout, 100, kHourMs, "Milliseconds for the client's part of a close.");
  limits.duration("stall_timeout_ms", to.stall_timeout, 100, kHourMs,
                  "Milliseconds after which a client that takes nothing of its output is closed with 1013.");
  limits.duration("ping_interval_ms", to.ping_interval, 100, kHourMs, "Milliseconds between two pings to a client.");
  limits.duration("silence_timeout_ms", to.silence_timeout, 100, kHourMs,
                  "Milliseconds after which a client that has sent nothing, not even a pong, is closed.");
}

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

}  // namespace

void describe(Schema& schema, GatewayConfig& config) {
  ConfigSection& gateway =
      schema.section("gateway", "A gateway: what clients connect to. Several may share a machine.");
  gateway.integer("instance", config.instance, 0, 999, "Which gateway of this machine it is, counted from 0.");
  gateway.text("name", config.name, kOptionalName, "What the broker calls it. Empty: gw-<host>-<instance>.");
  gateway.text("admin_host", config.admin_host, kAddress,
               "The address of the private HTTP listener of /metrics, /healthz and /readyz.");
  gateway.optional_port("admin_port", config.admin_port, "That listener's port for instance 0; instance N adds N.");
  gateway.text("web_dir", config.web_dir, kAnyText,
               "The directory of the dashboard's files. Empty: the installed or the built one.");
  gateway.duration("drain_ms", config.drain, 0, 600'000,
                   "Milliseconds that clients get to leave when the gateway is told to stop.");
  gateway.duration("heartbeat_interval_s", config.heartbeat_interval, 1, 3600,
                   "Seconds between the heartbeats that jsonrpc clients get.");
  gateway.duration("heartbeat_timeout_s", config.heartbeat_timeout, 2, 86'400,
                   "Seconds without a word after which a jsonrpc client is closed.");
  describe_listen(schema.section("gateway.listen", "The public listeners. Gateways of one machine share the ports."),
                  config.listen);
  describe_auth(schema.section("gateway.auth", "Who may come in, and do what."), config.auth);
  schema.rows("gateway.auth.key", "Keys of issuers whose tokens are taken. Any number of these.", config.auth.keys,
              describe_key);
  ConfigSection& limits = schema.section("gateway.limits", "What the gateway holds and takes at most.");
  describe_memory(limits, config.limits);
  describe_times(limits, config.limits);
}

Result<void> check(const GatewayConfig& config) {
  const auto& listen = config.listen;
  if (listen.hosts.empty()) return invalid("gateway.listen.hosts: an empty list, at least one address is needed");
  const struct {
    const char* name;
    unsigned port;
  } ports[] = {{"gateway.listen.http", listen.http},
               {"gateway.listen.cell0d", listen.cell0d},
               {"gateway.listen.jsonrpc", listen.jsonrpc},
               {"gateway.listen.coda", listen.coda},
               {"gateway.listen.arcane", listen.arcane},
               {"gateway.listen.neolith", listen.neolith},
               {"gateway.listen.api", listen.api},
               {"gateway.admin_port + instance", config.admin_listener_port()}};
  for (const auto& one : ports) {
    if (one.port > 65535)
      return invalid(std::string(one.name) + ": " + std::to_string(one.port) + " is not a port (1-65535)");
    for (const auto* other = std::begin(ports); other != &one; ++other) {
      if (one.port == 0 || one.port != other->port) continue;
      return invalid(std::string(one.name) + ": " + std::to_string(one.port) + " is the port of " + other->name +
                     " already");
    }
  }
  if (config.heartbeat_timeout <= config.heartbeat_interval) {
    return invalid("gateway.heartbeat_timeout_s: " + std::to_string(config.heartbeat_timeout.count()) +
                   " is not more than gateway.heartbeat_interval_s (" +
                   std::to_string(config.heartbeat_interval.count()) + ")");
  }
  const auto outside = std::find_if_not(listen.hosts.begin(), listen.hosts.end(), is_loopback_address);
  if (outside != listen.hosts.end() && !config.auth.allow_anonymous && !config.auth.anonymous_scopes.empty()) {
    return invalid("gateway.listen.hosts: " + *outside +
                   " is reachable from other machines, and clients without a token may do what "
                   "gateway.auth.anonymous_scopes says: set gateway.auth.allow_anonymous = true if that is meant, "
                   "anonymous_scopes = [] if not, or listen on loopback only");
  }
  if (config.auth.token_hours > config.auth.token_hours_max) {
    return invalid("gateway.auth.token_hours: " + std::to_string(config.auth.token_hours.count()) +
                   " is more than gateway.auth.token_hours_max, " +
                   std::to_string(config.auth.token_hours_max.count()));
  }
  for (std::size_t i = 0; i < config.auth.keys.size(); ++i) {
    if (!config.auth.keys[i].file.empty()) continue;
    return invalid("gateway.auth.key[" + std::to_string(i) + "].file: missing; where the key is");
  }
  return {};
}

}  // namespace cell0
