// cell0-emit-system: this machine's load and the fabric's state as system_status, system_metrics and heartbeat events.
#include "common/version.h"
#include "emitters/system/system_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-emit-system", "Publishes this machine's load and the fabric's state.", version()},
      .flags = {{"--interval-ms", "emit.system.interval_ms"},
                {"--metrics-interval-ms", "emit.system.metrics_interval_ms"}},
      .check = {}};
  return emit::run_emitter(argc, argv, program, [](emit::Host& host) -> Result<std::unique_ptr<emit::Source>> {
    return std::unique_ptr<emit::Source>(std::make_unique<emit::SystemSource>(host));
  });
}
