#include "emitters/runtime/admin.h"

#include <doctest/doctest.h>

#include <set>

#include "common/random.h"

using namespace cell0;
using namespace cell0::emit;

TEST_CASE("the kinds of emitters on one host have different admin ports") {
  std::set<std::uint16_t> ports;
  for (const char* program : {"cell0-emit-system", "cell0-emit-log", "cell0-emit-kernel", "cell0-emit-model",
                              "cell0-emit-chat", "cell0-emit-demo", "cell0-daemons", "cell0-orchestrator"}) {
    ports.insert(emitter_admin_port(program, 9620));
  }
  CHECK(ports.size() == 8);
  CHECK(*ports.begin() == 9620);
  CHECK(ports.count(emitter_admin_port("one-of-yours", 9620)) == 0);
}

TEST_CASE("without a base, or beyond the last port, there is no admin port") {
  CHECK(emitter_admin_port("cell0-emit-log", 0) == 0);
  CHECK(emitter_admin_port("cell0-orchestrator", 65'535) == 0);
  CHECK(emitter_admin_port("cell0-emit-system", 65'535) == 65'535);
}

TEST_CASE("an emitter without a broker lives, is not ready, and counts") {
  asio::io_context io;
  link::Context context;
  SystemClock clock;
  SystemRandom random;
  Log log({.program = "test"}, [](std::string_view) {});
  OutletOptions options;
  options.name = "cell0-emit-log";
  options.emitter_id = "test";
  options.endpoint = "inproc://nobody-listens-here";
  const auto emitter = LoopEmitter::create(io, context, clock, random, log, options);
  REQUIRE(emitter);
  Metrics metrics;
  add_emitter_metrics(metrics, **emitter);
  const AdminHandler handler = emitter_admin_routes(**emitter, metrics);

  CHECK(handler("/healthz", "").status == 200);
  CHECK(handler("/readyz", "").status == 503);
  CHECK(handler("/elsewhere", "").status == 404);
  const AdminResponse page = handler("/metrics", "");
  CHECK(page.status == 200);
  for (const char* line : {"cell0_emit_events_total{result=\"accepted\"} 0", "cell0_emit_connected 0",
                           "cell0_emit_held_events 0", "cell0_process_resident_bytes"}) {
    CAPTURE(line);
    CHECK(page.body.find(line) != std::string::npos);
  }
}
