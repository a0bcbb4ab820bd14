#include "emitters/runtime/admin.h"

#include <algorithm>
#include <array>

namespace cell0::emit {
namespace {

// Each kind's place behind emit.admin_port. Only to be added to: scrapers know these ports.
constexpr std::array<std::string_view, 8> kPlaces{"cell0-emit-system", "cell0-emit-log",    "cell0-emit-kernel",
                                                  "cell0-emit-model",  "cell0-emit-chat",   "cell0-emit-demo",
                                                  "cell0-daemons",     "cell0-orchestrator"};

AdminResponse text(int status, std::string body) { return {status, "text/plain; charset=utf-8", body + "\n", {}}; }

using Figure = std::uint64_t link::PublishStats::*;

struct ResultRow {
  const char* label;
  Figure figure;
};
constexpr std::array kResults{
    ResultRow{"accepted", &link::PublishStats::accepted},
    ResultRow{"rejected", &link::PublishStats::rejected},
    ResultRow{"refused", &link::PublishStats::refused},
    ResultRow{"dropped", &link::PublishStats::dropped},
};

}  // namespace

std::uint16_t emitter_admin_port(std::string_view program, std::uint16_t base) {
  const auto place = std::find(kPlaces.begin(), kPlaces.end(), program) - kPlaces.begin();
  const auto port = base + place;
  return base == 0 || port > 65'535 ? std::uint16_t{0} : static_cast<std::uint16_t>(port);
}

void add_emitter_metrics(Metrics& metrics, const LoopEmitter& emitter) {
  for (const ResultRow& row : kResults) {
    metrics.sampled_counter(
        "cell0_emit_events_total",
        "Events by what became of them: taken by the broker, rejected by it, refused or dropped here for want of room.",
        [&emitter, figure = row.figure] { return static_cast<double>(emitter.stats().publish.*figure); },
        {{"result", row.label}});
  }
  metrics.sampled_counter("cell0_emit_events_resent_total", "Events sent to the broker again.",
                          [&emitter] { return static_cast<double>(emitter.stats().publish.resent); });
  metrics.sampled_gauge("cell0_emit_held_events", "Events that wait for the broker or for its answer.",
                        [&emitter] { return static_cast<double>(emitter.stats().publish.held_events); });
  metrics.sampled_gauge("cell0_emit_held_bytes", "Bytes of the events that wait.",
                        [&emitter] { return static_cast<double>(emitter.stats().publish.held_bytes); });
  metrics.sampled_gauge("cell0_emit_connected", "1: the broker is there.",
                        [&emitter] { return emitter.stats().connected ? 1.0 : 0.0; });
  add_process_metrics(metrics);
}

AdminHandler emitter_admin_routes(const LoopEmitter& emitter, const Metrics& metrics) {
  return [&emitter, &metrics](std::string_view path, std::string_view) -> AdminResponse {
    if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics.text(), {}};
    if (path == "/healthz") return text(200, "ok");
    if (path != "/readyz") return text(404, "no such page; there are /healthz, /readyz, /metrics");
    return emitter.stats().connected ? text(200, "ready") : text(503, "not ready: the broker is not there");
  };
}

std::unique_ptr<AdminServer> open_emitter_admin(asio::io_context& io, const EmitConfig& config,
                                                std::string_view program, const LoopEmitter& emitter,
                                                const Metrics& metrics, Log& log) {
  const std::uint16_t port = emitter_admin_port(program, config.admin_port);
  if (port == 0) return nullptr;
  auto admin = AdminServer::create(io, config.admin_host, port, emitter_admin_routes(emitter, metrics));
  if (!admin) {
    log.warn("no /metrics of this process: emit.admin_port: " + admin.error().text);
    return nullptr;
  }
  return std::move(admin).value();
}

}  // namespace cell0::emit
