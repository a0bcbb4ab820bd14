// cell0-daemons: the registry of ArcaneOS's daemons: summon, invoke, banish; the worker of the service `daemons`.
#include "common/version.h"
#include "emitters/daemons/daemons_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-daemons", "Keeps the registry of daemons and serves their spells.", version()},
      .flags = {{"--name", "daemons.name"}, {"--runner", "daemons.runner"}},
      .check = [](const Config& config) { return emit::check_daemons(config.daemons, config.orchestrator.runners); }};
  return emit::run_emitter(argc, argv, program, &emit::DaemonsSource::create);
}
