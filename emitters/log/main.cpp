// cell0-emit-log: files, the systemd journal and standard input as log_stream events.
#include "common/version.h"
#include "emitters/log/log_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{
      .text = {"cell0-emit-log", "Publishes the lines of log files and of the journal.", version()},
      .flags = {{"--file", "emit.log.files"}, {"--stdin", "emit.log.stdin"}, {"--from-start", "emit.log.from_start"}},
      .check = {}};
  return emit::run_emitter(argc, argv, program, [](emit::Host& host) -> Result<std::unique_ptr<emit::Source>> {
    return std::unique_ptr<emit::Source>(std::make_unique<emit::LogSource>(host));
  });
}
