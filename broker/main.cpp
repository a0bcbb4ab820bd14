// cell0-broker: the one sequencer. Parses the configuration, puts the parts together, runs the loop.
#include <google/protobuf/stubs/logging.h>
#include <asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "broker/admin.h"
#include "broker/broker.h"
#include "broker/metrics.h"
#include "common/config/config.h"
#include "common/config/reload.h"
#include "common/http/admin_server.h"
#include "common/log.h"
#include "common/process.h"
#include "common/version.h"

namespace cell0::broker {
namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "cell0-broker: %s\n", error.text.c_str());
  const bool configuration = error.code == ErrorCode::kInvalid || error.code == ErrorCode::kConflict;
  return configuration ? kExitBadConfig : kExitFailed;
}

Result<void> check_broker(const Config& config) {
  const auto rules = RuleTable::create(rules_from(config.rules));
  return rules ? Result<void>() : Result<void>(rules.error());
}

Result<void> make_directory(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (!error) return {};
  return Error{ErrorCode::kInvalid, "state.dir: cannot make " + dir.string() + ": " + error.message()};
}

Result<std::unique_ptr<AdminServer>> make_admin(asio::io_context& io, const std::string& address, const Broker& broker,
                                                const Metrics& metrics) {
  if (address.empty()) return std::unique_ptr<AdminServer>();
  const auto at = parse_host_port(address);
  if (!at) return Error{at.error().code, "broker.admin: " + at.error().text};
  auto server = AdminServer::create(io, at->host, at->port, admin_routes(broker, metrics));
  if (!server) return Error{server.error().code, "broker.admin: " + server.error().text};
  return server;
}

// Linux's, new at each start of the machine; empty where there is none.
std::string machine_start() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

Settings settings_from(const Config& config) {
  return {config.broker.ingest,       config.broker.fanout,     config.broker.control, config.state.dir,
          limits_from(config.broker), rules_from(config.rules), machine_start()};
}

void say_ready(Log& log, const Broker& broker) {
  log.info("ready", {{"ingest", broker.ingest_endpoint()},
                     {"fanout", broker.fanout_endpoint()},
                     {"control", broker.control_endpoint()},
                     {"start_seq", broker.figures().stats.head_seq() + 1}});
}

// One for what comes in, one for the fanout: under load they, not our own thread, are the busiest (tests/bench/broker).
constexpr int kIoThreads = 2;

int run(const LoadedConfig& loaded, const ProgramInfo& program) {
  const Config& config = loaded.config;
  google::protobuf::SetLogHandler(nullptr);  // it writes a line for each bad string of a peer; ours are throttled
  Log log({"cell0-broker", config.log.level, config.log.format});
  const SystemClock clock;
  SystemRandom random;
  link::Context context(kIoThreads);
  asio::io_context io(1);

  if (auto made = make_directory(config.state.dir); !made) return fail(made.error());
  auto broker = Broker::create(io, context, settings_from(config), clock, random, log);
  if (!broker) return fail(broker.error());
  Metrics metrics;
  add_process_metrics(metrics);
  add_broker_metrics(metrics, **broker);
  auto admin = make_admin(io, config.broker.admin, **broker, metrics);
  if (!admin) return fail(admin.error());

  ServiceNotifier service(process_environment());
  const ProcessSignals signals(
      io,
      [&] {
        log.info("stopping");
        service.stopping();
        (*broker)->stop([&io] { io.stop(); });
      },
      [&] { reload(loaded, program, log); });
  (*broker)->start();
  say_ready(log, **broker);
  service.ready();
  service.watch(io);
  io.run();
  log.info("stopped");
  return kExitStopped;
}

}  // namespace
}  // namespace cell0::broker

int main(int argc, char** argv) {
  const cell0::ProgramInfo program{
      .text = {"cell0-broker", "Orders, keeps and publishes the events of cell0.", cell0::version()},
      .flags = {},
      .check = &cell0::broker::check_broker};
  const auto loaded = cell0::load_config(argc, argv, program);
  return loaded.run ? cell0::broker::run(loaded, program) : loaded.exit_code;
}
