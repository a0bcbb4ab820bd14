// The private HTTP listener of an emitter process: /metrics, /healthz, /readyz. For scrapers and supervisors.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/config/emit_config.h"
#include "common/http/admin_server.h"
#include "common/log.h"
#include "common/metrics.h"
#include "emitters/runtime/loop_emitter.h"

namespace cell0::emit {

// Where a program's listener is when the first kind's is at `base`: one configuration file serves all kinds on a host,
// and none takes another's port. 0, if base is 0, or there is no such port.
std::uint16_t emitter_admin_port(std::string_view program, std::uint16_t base);

// What the emitter's outlet counts, and the process's own figures. REQUIRES: the emitter outlives the metrics' use.
void add_emitter_metrics(Metrics& metrics, const LoopEmitter& emitter);

// /readyz: 200 if the broker is there, else 503. REQUIRES: both outlive the handler.
AdminHandler emitter_admin_routes(const LoopEmitter& emitter, const Metrics& metrics);

// None if it is off, and if its port is taken, which the log then says: a second process of a kind publishes all the
// same. All references outlive it.
std::unique_ptr<AdminServer> open_emitter_admin(asio::io_context& io, const EmitConfig& config,
                                                std::string_view program, const LoopEmitter& emitter,
                                                const Metrics& metrics, Log& log);

}  // namespace cell0::emit
