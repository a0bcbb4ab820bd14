// cell0-gateway: a stateless front-end. Clients' WebSockets, event streams and HTTP above, the broker's chain below.
#include <asio/io_context.hpp>
#include <filesystem>
#include <iostream>

#include "common/config/config.h"
#include "common/config/reload.h"
#include "common/http/admin_server.h"
#include "common/metrics.h"
#include "common/process.h"
#include "common/token_file.h"
#include "common/version.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

namespace {

using namespace cell0;

// The dashboard beside the program: installed in <prefix>/share/cell0/web, in a build tree the sources' web/dist.
std::string find_dashboard() {
  std::error_code ignored;
  const auto bin = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& directory : {bin / "../share/cell0/web", std::filesystem::path(CELL0_SOURCE_DIR) / "web/dist"}) {
    if (std::filesystem::exists(directory / "index.html", ignored)) return directory.lexically_normal().string();
  }
  return "";
}

HttpResponse admin_answer(std::string_view path, std::string_view query, const Metrics& metrics,
                          const gateway::Gateway& gateway) {
  if (path == "/metrics") return {200, "text/plain; version=0.0.4", metrics.text(), {}};
  if (path == "/healthz") return gateway::Api::healthz();
  if (path == "/readyz") return gateway.readyz();
  if (path == "/routes") return gateway.routes();
  if (path == "/clients") {
    HttpRequest request;
    request.query = query;
    return gateway.clients(request);
  }
  return {404,
          "application/json",
          R"({"error":{"code":"not_found","message":"/metrics, /healthz, /readyz, /clients, /routes"}})",
          {}};
}

int fail(Log& log, const Error& error) {
  log.error(error.text);
  const bool setting = error.code == ErrorCode::kInvalid || error.code == ErrorCode::kConflict;
  return setting ? kExitBadConfig : kExitFailed;
}

// /metrics and the health checks of this process alone; the public ports may be shared by several.
Result<std::unique_ptr<AdminServer>> open_admin(asio::io_context& io, const GatewayConfig& config,
                                                AdminHandler handler) {
  const unsigned port = config.admin_listener_port();
  if (port == 0) return std::unique_ptr<AdminServer>();
  auto admin = AdminServer::create(io, config.admin_host, static_cast<std::uint16_t>(port), std::move(handler));
  if (!admin) return Error{admin.error().code, "gateway.admin_port: " + admin.error().text};
  return admin;
}

int run(const LoadedConfig& loaded, const ProgramInfo& program) {
  const Config& config = loaded.config;
  GatewayConfig gateway_config = config.gateway;
  Log log({"cell0-gateway", config.log.level, config.log.format});
  SystemClock clock;
  SystemRandom random;
  asio::io_context io(1);
  ServiceNotifier notifier(process_environment());

  auto auth = gateway::load_auth(gateway_config.auth, config.state.dir, random);
  if (!auth) return fail(log, auth.error());
  if (gateway_config.web_dir.empty()) gateway_config.web_dir = find_dashboard();
  if (gateway_config.web_dir.empty()) log.warn("there is no dashboard: it has not been built (gateway.web_dir)");

  auto gateway = gateway::Gateway::create(io, gateway_config, config.link, std::move(*auth), clock, random, log);
  if (!gateway) return fail(log, gateway.error());
  Metrics metrics;
  gateway::add_gateway_metrics(metrics, **gateway);
  auto admin = open_admin(io, gateway_config, [&](std::string_view path, std::string_view query) {
    return admin_answer(path, query, metrics, **gateway);
  });
  if (!admin) return fail(log, admin.error());

  bool told_ready = false;
  (*gateway)->on_ready_change([&](bool ready, const std::string& why) {
    notifier.status(ready ? "ready" : why);
    if (ready && !told_ready) {
      told_ready = true;
      notifier.ready();
      log.info("ready", {{"name", gateway_config.name}, {"admin_token", admin_token_path(config.state.dir)}});
    }
  });
  ProcessSignals signals(
      io,
      [&] {
        notifier.stopping();
        (*gateway)->drain([&] { io.stop(); });
      },
      [&] { reload(loaded, program, log); });
  notifier.watch(io);
  io.run();
  log.info("stopped");
  return kExitStopped;
}

}  // namespace

int main(int argc, char** argv) {
  const ProgramInfo program{
      .text = {"cell0-gateway", "Serves cell0's events to WebSocket, SSE and HTTP clients.", version()},
      .flags = {{"--instance", "gateway.instance"}},
      .check = [](const Config& config) { return check(config.gateway); }};
  const auto loaded = load_config(argc, argv, program);
  if (!loaded.run) return loaded.exit_code;
  return run(loaded, program);
}
