#include "cli/client_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "common/json.h"

namespace cell0::cli {
namespace {

std::string text_of(const rapidjson::Value& value, std::string_view key) {
  return std::string(json_string(value, key).value_or(""));
}

ClientRow row_of(const rapidjson::Value& client, const std::string& gateway) {
  ClientRow row;
  row.gateway = gateway;
  row.id = json_uint(client, "id").value_or(0);
  row.kind = text_of(client, "kind");
  row.who = text_of(client, "consumer");
  if (row.who.empty()) row.who = text_of(client, "entity");
  row.peer = text_of(client, "peer");
  row.state = text_of(client, "state");
  row.lag_events = json_uint(client, "lag_events");
  row.lag_ms = json_uint(client, "lag_ms");
  row.queue_bytes = json_uint(client, "queue_bytes").value_or(0);
  row.skipped = json_uint(client, "skipped").value_or(0);
  JsonWriter json(row.json);
  json.begin_object();
  json.member("gateway", gateway);
  for (const auto& member : client.GetObject()) json.member(json_text(member.name), member.value);
  json.end_object();
  return row;
}

using Line = std::array<std::string, 10>;

std::string number(std::optional<std::uint64_t> value) { return value ? std::to_string(*value) : "-"; }

Line line_of(const ClientRow& row) {
  return {row.gateway,
          std::to_string(row.id),
          row.kind,
          row.who,
          row.peer,
          row.state,
          number(row.lag_events),
          number(row.lag_ms),
          std::to_string(row.queue_bytes),
          std::to_string(row.skipped)};
}

// Other programs' names: nothing that moves a terminal's cursor.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

}  // namespace

Result<std::uint64_t> append_client_rows(std::string_view body, std::vector<ClientRow>& rows) {
  const auto page = parse_json(body);
  if (!page) return page.error();
  const rapidjson::Value* clients = page->IsObject() ? json_member(*page, "clients") : nullptr;
  if (clients == nullptr || !clients->IsArray()) return Error{ErrorCode::kInvalid, "the answer is no page of clients"};
  const std::string gateway = text_of(*page, "gateway");
  for (const auto& client : clients->GetArray()) {
    if (!client.IsObject()) return Error{ErrorCode::kInvalid, "the answer is no page of clients"};
    rows.push_back(row_of(client, gateway));
  }
  return json_uint(*page, "next").value_or(0);
}

void sort_by_lag(std::vector<ClientRow>& rows) {
  const auto key = [](const ClientRow& row) {
    constexpr std::uint64_t kFar = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t lag = row.lag_events.value_or(row.state == "behind" ? kFar : 0);
    return std::tuple(kFar - lag, kFar - row.queue_bytes, std::string_view(row.gateway), row.id);
  };
  std::sort(rows.begin(), rows.end(), [&](const ClientRow& a, const ClientRow& b) { return key(a) < key(b); });
}

std::string client_table(const std::vector<ClientRow>& rows) {
  std::vector<Line> lines = {{"GATEWAY", "ID", "KIND", "WHO", "PEER", "STATE", "LAG", "LAG_MS", "QUEUE", "SKIPPED"}};
  for (const ClientRow& row : rows) lines.push_back(line_of(row));
  std::array<std::size_t, 10> widths{};
  for (Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = printable(std::move(line[i]));
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string text;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string json_lines(const std::vector<ClientRow>& rows) {
  std::string text;
  for (const ClientRow& row : rows) text += row.json + '\n';
  return text;
}

}  // namespace cell0::cli
