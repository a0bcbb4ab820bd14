// `cell0 services`: who serves what, as the broker knows it: a worker a line.
#include <string>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/json.h"

namespace cell0::cli {
namespace {

void print(const v1::ServiceInfo& service, const v1::WorkerInfo& worker) {
  std::string line;
  JsonWriter out(line);
  out.begin_object();
  out.member("service", service.name());
  out.member("worker", worker.worker());
  out.member("active", worker.active());
  out.member("exclusive", service.exclusive());
  out.member("epoch", worker.epoch());
  out.member("capacity", worker.capacity());
  out.member("keys", worker.keys());
  out.member("open_calls", worker.open_calls());
  out.member("calls", worker.calls());
  out.end_object();
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

}  // namespace

int run_services(const Arguments& arguments, const Config& config) {
  auto session = BrokerSession::create(config.link.control);
  if (!session) return complain(session.error().text), kExitUsage;
  if (auto connected = (*session)->connect(arguments.timeout); !connected) {
    return complain(connected.error().text), kExitUnavailable;
  }
  v1::Request request;
  request.mutable_services();
  const auto answer = (*session)->ask(std::move(request), arguments.timeout);
  if (!answer) return complain(answer.error().text), kExitUnavailable;
  for (const v1::ServiceInfo& service : answer->services().services()) {
    for (const v1::WorkerInfo& worker : service.workers()) print(service, worker);
  }
  return kExitOk;
}

}  // namespace cell0::cli
