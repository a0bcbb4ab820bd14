// `cell0 presence`: who is connected, on all gateways, as the broker knows it: a presence entry a line.
#include <string>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/presence_entry.h"

namespace cell0::cli {
namespace {

bool wanted(const PresenceOptions& options, const v1::PresenceEntity& entity) {
  if (!options.all && entity.connections() == 0) return false;
  return options.entity_type.empty() || entity.entity_type() == options.entity_type;
}

void print(const v1::PresenceEntity& entity) {
  std::string line;
  JsonWriter out(line);
  write_presence_entry(out, entity);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

// Page by page; false: that was the last. `after` goes on.
Result<bool> print_page(BrokerSession& session, const Arguments& arguments, std::string& after) {
  v1::Request request;
  request.mutable_presence_snapshot()->set_after(after);
  auto answer = session.ask(std::move(request), arguments.timeout);
  if (!answer) return answer.error();
  const v1::PresenceSnapshot& page = answer->presence_snapshot();
  if (after.empty() && page.warming()) complain("the broker has just started: some may be missing yet");
  for (const v1::PresenceEntity& entity : page.entities()) {
    if (wanted(arguments.presence, entity)) print(entity);
    after = entity.entity_id();
  }
  return page.more();
}

}  // namespace

int run_presence(const Arguments& arguments, const Config& config) {
  auto session = BrokerSession::create(config.link.control);
  if (!session) return complain(session.error().text), kExitUsage;
  if (auto connected = (*session)->connect(arguments.timeout); !connected) {
    return complain(connected.error().text), kExitUnavailable;
  }
  for (std::string after;;) {
    const auto more = print_page(**session, arguments, after);
    if (!more) return complain(more.error().text), kExitUnavailable;
    if (!*more) return kExitOk;
  }
}

}  // namespace cell0::cli
