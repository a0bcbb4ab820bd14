#include "gateway/http/clients.h"

#include "common/json.h"
#include "gateway/http/answers.h"
#include "gateway/http/query.h"

namespace cell0::gateway {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1000;

const char* state_of(const Lag& lag) {
  if (!lag.subscribed) return "unsubscribed";
  return lag.live ? "live" : "behind";
}

template <typename Number>
void write_optional(JsonWriter& out, std::string_view key, std::optional<Number> value) {
  out.key(key);
  if (value)
    out.number(*value);
  else
    out.null();
}

void write_text_if_any(JsonWriter& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.member(key, text);
}

void write_client(JsonWriter& out, const ClientView& client) {
  out.begin_object();
  out.member("id", client.id);
  write_text_if_any(out, "client_id", client.client_id);
  out.member("kind", client.kind);
  out.member("peer", client.peer);
  write_text_if_any(out, "entity", client.entity);
  write_text_if_any(out, "consumer", client.consumer);
  out.member("state", state_of(client.lag));
  out.member("position", client.lag.position.value);
  write_optional(out, "lag_events", client.lag.events);
  write_optional(out, "lag_ms", client.lag.ms);
  out.member("queue_bytes", client.queue_bytes);
  out.member("skipped", client.lag.skipped);
  out.member("skip_notices", client.lag.notices);
  out.end_object();
}

}  // namespace

HttpResponse clients_response(const Core& core, const HttpRequest& request) {
  const auto after = read_number(request, "after", UINT64_MAX);
  if (!after) return error_response(after.error());
  const auto limit = read_number(request, "limit", kLimitMax, 1);
  if (!limit) return error_response(limit.error());
  const ClientPage page =
      core.clients.client_page(after->value_or(0), static_cast<std::size_t>(limit->value_or(kLimitDefault)));
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.member("gateway", core.config.name);
  out.member("newest_seq", core.hub.ring().newest().value);
  out.key("clients");
  out.begin_array();
  for (const ClientView& client : page.clients) write_client(out, client);
  out.end_array();
  write_optional(out, "next", page.more ? std::optional(page.clients.back().id) : std::nullopt);
  out.end_object();
  return json_response(std::move(body));
}

}  // namespace cell0::gateway
