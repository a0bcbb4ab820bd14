// ChildLines: runs a command and gives its output line by line (journalctl, nvidia-smi).
#pragma once

#include <sys/types.h>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/line_reader.h"
#include "common/result.h"

namespace cell0::emit {

// One thread. The child's standard input and error are /dev/null.
class ChildLines {
 public:
  using OnEnd = std::function<void(int status)>;  // as waitpid(2) gives it

  // `command[0]` is looked up in PATH. kNotFound: it is not there; kInternal: it cannot be started.
  static Result<std::unique_ptr<ChildLines>> start(asio::io_context& io, const std::vector<std::string>& command,
                                                   std::size_t line_bytes_max, LineReader::OnLine on_line,
                                                   OnEnd on_end);
  // Kills the child if it still runs. May be destroyed in on_end.
  ~ChildLines();
  ChildLines(const ChildLines&) = delete;
  ChildLines& operator=(const ChildLines&) = delete;

 private:
  ChildLines() = default;
  int reap();

  pid_t pid_ = -1;
  std::unique_ptr<LineReader> reader_;
};

}  // namespace cell0::emit
