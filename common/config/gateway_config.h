// [gateway] and what is below it: listeners, who may come in, limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/auth/keys.h"
#include "common/result.h"

namespace cell0 {

class Schema;

struct GatewayListenConfig {
  std::vector<std::string> hosts = {"127.0.0.1", "::1"};  // as loaded: addresses only ("localhost" became these two)
  std::uint16_t http = 8080;                              // dashboard, HTTP API, cell0d at the root; 0: off
  std::uint16_t cell0d = 8765;                            // 0: off
  std::uint16_t jsonrpc = 18801;                          // 0: off
  std::uint16_t coda = 8766;                              // 0: off
  std::uint16_t arcane = 8000;                            // 0: off
  std::uint16_t neolith = 8787;                           // 0: off
  std::uint16_t api = 18800;                              // 0: off
};

// [[gateway.auth.key]]: whose tokens are taken, beside those signed with the signing key.
struct AuthKeyConfig {
  auth::Algorithm algorithm = auth::Algorithm::kRs256;
  std::string file;  // the secret (HS256) or the public key (RS256, ES256)
  std::string kid;   // "": for tokens that name any, or none
};

struct GatewayAuthConfig {
  bool allow_anonymous = false;
  std::vector<std::string> anonymous_scopes = {"subscribe:>", "history:>", "presence:read", "daemons:run",
                                               "sessions:run:demo"};
  std::string signing_key_file;  // "": <state.dir>/signing.key
  std::vector<AuthKeyConfig> keys;
  std::chrono::hours token_hours{24};
  std::chrono::hours token_hours_max{24 * 365};
  std::chrono::milliseconds revocations_unknown_max{60'000};  // revocations_unknown_ms_max
  std::size_t failures_max = 10;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
};

// Every limit with its unit; the key's doc (gateway_config.cpp) says what happens beyond it.
struct GatewayLimits {
  std::size_t connections_max = 20'000;
  std::size_t message_bytes_max = 1 << 20;
  std::size_t jsonrpc_message_bytes_max = 10 << 20;
  std::size_t input_bytes_max = 256 << 20;
  std::size_t head_bytes_max = 16 << 10;
  std::size_t body_bytes_max = 1 << 20;
  std::size_t reply_queue_bytes_max = 256 << 10;
  int send_buffer_bytes = 64 << 10;
  std::size_t ring_events_max = 65'536;
  std::size_t ring_bytes_max = 32 << 20;
  std::size_t lag_bytes_max = 8 << 20;
  std::size_t pages_max = 16;
  std::size_t hold_bytes_max = 64 << 20;
  std::chrono::milliseconds hold_max{10'000};  // hold_ms_max
  std::size_t cursor_chunk_bytes = 16 << 10;
  std::size_t sets_max = 1024;
  std::size_t topic_sets_max = 65'536;
  std::chrono::milliseconds flush_interval_max{10};  // flush_interval_ms_max
  std::size_t history_limit_max = 1000;
  std::chrono::milliseconds head_timeout{10'000};  // head_timeout_ms, and so on
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds message_timeout{60'000};
  std::chrono::milliseconds close_timeout{5'000};
  std::chrono::milliseconds stall_timeout{60'000};
  std::chrono::milliseconds ping_interval{30'000};
  std::chrono::milliseconds silence_timeout{60'000};
};

struct GatewayConfig {
  unsigned instance = 0;
  std::string name;  // as loaded never empty: "" becomes gw-<host>-<instance>
  std::string admin_host = "127.0.0.1";
  std::uint16_t admin_port = 9610;              // 0: off
  std::string web_dir;                          // "": where the build or the installation has it
  std::chrono::milliseconds drain{5000};        // drain_ms
  std::chrono::seconds heartbeat_interval{30};  // heartbeat_interval_s
  std::chrono::seconds heartbeat_timeout{60};   // heartbeat_timeout_s
  GatewayListenConfig listen;
  GatewayAuthConfig auth;
  GatewayLimits limits;

  // Where this instance's admin listener is: admin_port + instance; 0 if off.
  unsigned admin_listener_port() const { return admin_port == 0 ? 0 : admin_port + instance; }
};

void describe(Schema& schema, GatewayConfig& config);

// What one key alone cannot tell: distinct ports, an admin port that exists, and no listener beyond loopback for
// everyone unless allow_anonymous says so. For ProgramInfo::check of the gateway.
Result<void> check(const GatewayConfig& config);

}  // namespace cell0
