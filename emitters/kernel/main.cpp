// cell0-emit-kernel: the kernel's log, device events, and compute kernels (a line protocol) as mcic_event events.
#include "common/version.h"
#include "emitters/kernel/kernel_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-emit-kernel", "Publishes the kernel's log, device events and lines of compute kernels.",
               version()},
      .flags = {{"--stdin", "emit.kernel.stdin"}, {"--socket", "emit.kernel.socket"}},
      .check = {}};
  return emit::run_emitter(argc, argv, program, &emit::KernelSource::create);
}
