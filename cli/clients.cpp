// `cell0 clients`: the clients of every gateway, the one furthest behind first. The broker knows the gateways; each
// answers at its private admin listener.
#include <algorithm>
#include <cstdio>

#include "cli/broker_session.h"
#include "cli/client_table.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/http_get.h"
#include "cli/printer.h"

namespace cell0::cli {
namespace {

// Of one gateway, appended; an error says what it is that does not answer.
Result<void> read_gateway(const v1::GatewayReport& gateway, std::chrono::milliseconds timeout,
                          std::vector<ClientRow>& rows) {
  if (gateway.url().empty()) {
    return Error{ErrorCode::kUnavailable, gateway.name() + ": has no admin listener (gateway.admin_port)"};
  }
  for (std::uint64_t after = 0;;) {
    const auto body = http_get(gateway.url(), "/clients?limit=1000&after=" + std::to_string(after), timeout);
    if (!body) return Error{body.error().code, gateway.name() + ": " + body.error().text};
    const auto next = append_client_rows(*body, rows);
    if (!next) return Error{next.error().code, gateway.name() + ": " + next.error().text};
    if (*next == 0) return {};
    after = *next;
  }
}

Result<v1::StatsAnswer> ask_stats(const Arguments& arguments, const Config& config) {
  auto session = BrokerSession::create(config.link.control);
  if (!session) return session.error();
  if (auto connected = (*session)->connect(arguments.timeout); !connected) return connected.error();
  v1::Request request;
  request.mutable_stats();
  auto answer = (*session)->ask(std::move(request), arguments.timeout);
  if (!answer) return answer.error();
  return std::move(*answer->mutable_stats());
}

}  // namespace

int run_clients(const Arguments& arguments, const Config& config) {
  const auto stats = ask_stats(arguments, config);
  if (!stats) return complain(stats.error().text), kExitUnavailable;
  std::vector<ClientRow> rows;
  int exit_code = kExitOk;
  for (const v1::GatewayReport& gateway : stats->gateways()) {
    if (auto read = read_gateway(gateway, arguments.timeout, rows); !read) {
      complain(read.error().text);
      exit_code = kExitUnavailable;
    }
  }
  sort_by_lag(rows);
  const std::size_t limit = arguments.clients.limit;
  const std::size_t hidden = limit == 0 || rows.size() <= limit ? 0 : rows.size() - limit;
  rows.resize(rows.size() - hidden);
  const std::string text = arguments.clients.json ? json_lines(rows) : client_table(rows);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (hidden > 0) complain(std::to_string(hidden) + " more, less behind; --limit 0 shows all");
  return exit_code;
}

}  // namespace cell0::cli
