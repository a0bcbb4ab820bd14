// cell0-emit-model: what Ollama and OpenAI-compatible servers load and run as model_activity events.
#include "common/version.h"
#include "emitters/model/model_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-emit-model", "Publishes what model servers load and run.", version()},
      .flags = {{"--endpoint", "emit.model.endpoints"}, {"--interval-ms", "emit.model.interval_ms"}},
      .check = {}};
  return emit::run_emitter(argc, argv, program, [](emit::Host& host) -> Result<std::unique_ptr<emit::Source>> {
    return std::unique_ptr<emit::Source>(std::make_unique<emit::ModelSource>(host));
  });
}
