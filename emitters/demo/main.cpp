// cell0-emit-demo: a seeded scene with every event type, for trying things out; and numbered events for load tests.
#include "common/version.h"
#include "emitters/demo/demo_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-emit-demo", "Plays a seeded scene with every event type that emitters have.", version()},
      .flags = {{"--seed", "emit.demo.seed"},
                {"--rate", "emit.demo.rate"},
                {"--count", "emit.demo.count"},
                {"--type", "emit.demo.type"}},
      .check = {}};
  return emit::run_emitter(argc, argv, program, [](emit::Host& host) -> Result<std::unique_ptr<emit::Source>> {
    return std::unique_ptr<emit::Source>(std::make_unique<emit::DemoSource>(host));
  });
}
