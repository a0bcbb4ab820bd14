// Clients of gateways as rows: out of a gateway's JSON, in order, as a table or as JSON lines. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace cell0::cli {

struct ClientRow {
  std::string gateway;
  std::uint64_t id = 0;
  std::string kind;
  std::string who;  // consumer, or entity
  std::string peer;
  std::string state;
  std::optional<std::uint64_t> lag_events;  // none: it is behind what the gateway holds
  std::optional<std::uint64_t> lag_ms;
  std::uint64_t queue_bytes = 0;
  std::uint64_t skipped = 0;
  std::string json;  // the whole, with its gateway
};

// The clients of one page, as GET /clients has them; where the next page begins, 0: that was the last. kInvalid: it is
// no such page.
Result<std::uint64_t> append_client_rows(std::string_view body, std::vector<ClientRow>& rows);

// The one furthest behind first; of equals the larger queue, then by gateway and id.
void sort_by_lag(std::vector<ClientRow>& rows);

std::string client_table(const std::vector<ClientRow>& rows);
std::string json_lines(const std::vector<ClientRow>& rows);

}  // namespace cell0::cli
