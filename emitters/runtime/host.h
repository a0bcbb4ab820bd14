// What every cell0-emit-* process consists of besides its source: configuration, log, loop, connection, signals.
//
//   int main(int argc, char** argv) {
//     return cell0::emit::run_emitter(argc, argv, {...}, [](Host& host) { return make_unique<SystemSource>(host); });
//   }
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <memory>

#include "common/config/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "emitters/runtime/loop_emitter.h"

namespace cell0::emit {

// Where the events come from. Lives until the loop has ended, so its handlers need no guard.
class Source {
 public:
  virtual ~Source() = default;

  // The process ends: emit what is held back. Later events are refused.
  virtual void drain() {}

  // Everything is answered: what else others have to be told before the end. `done` is called once, soon.
  virtual void leave(std::function<void()> done) { done(); }
};

// What a source may use; all of it outlives the source. One thread.
struct Host {
  asio::io_context& io;
  const Clock& clock;
  Random& random;
  Log& log;
  const Config& config;
  LoopEmitter& emitter;
  Metrics& metrics;  // for what the source counts: cell0_<program's last word>_<what>_<unit>
  // The source has no more to give: flushes and ends the process with this exit code.
  std::function<void(int exit_code)> finish;
};

using MakeSource = std::function<Result<std::unique_ptr<Source>>(Host&)>;

// Exit codes: 0 stopped by TERM or INT, or the source ended; 1 failed; 2 bad configuration or usage.
int run_emitter(int argc, const char* const* argv, const ProgramInfo& program, const MakeSource& make_source);

}  // namespace cell0::emit
