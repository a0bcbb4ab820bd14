// cell0-orchestrator: sessions that run tasks with a command, a model or the demo; a worker of the service `sessions`.
#include "common/version.h"
#include "emitters/orchestrator/orchestrator_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{.text = {"cell0-orchestrator", "Runs the tasks of sessions.", version()},
                            .flags = {{"--name", "orchestrator.name"}, {"--sessions-max", "orchestrator.sessions_max"}},
                            .check = [](const Config& config) { return check_runners(config.orchestrator.runners); }};
  return emit::run_emitter(argc, argv, program, &emit::OrchestratorSource::create);
}
