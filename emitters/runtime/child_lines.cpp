#include "emitters/runtime/child_lines.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace cell0::emit {
namespace {

// posix_spawnp with the output in a pipe; the error number, or 0.
int spawn(const std::vector<std::string>& command, int output, pid_t& pid) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  const int error = posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

Result<std::unique_ptr<ChildLines>> ChildLines::start(asio::io_context& io, const std::vector<std::string>& command,
                                                      std::size_t line_bytes_max, LineReader::OnLine on_line,
                                                      OnEnd on_end) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return Error{ErrorCode::kInternal, std::string("pipe: ") + strerror(errno)};
  std::unique_ptr<ChildLines> child(new ChildLines);
  const int error = spawn(command, pipe[1], child->pid_);
  close(pipe[1]);
  if (error != 0) {
    close(pipe[0]);
    child->pid_ = -1;
    return Error{error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInternal, command[0] + ": " + strerror(error)};
  }
  child->reader_ = std::make_unique<LineReader>(io, pipe[0], line_bytes_max, std::move(on_line),
                                                [raw = child.get(), on_end = std::move(on_end)] {
                                                  const auto tell = on_end;  // it may destroy what holds it
                                                  // Its output has ended, so it is ending: asked to, it does not keep
                                                  // us waiting.
                                                  tell(raw->reap());
                                                });
  return child;
}

ChildLines::~ChildLines() { reap(); }

int ChildLines::reap() {
  const pid_t pid = std::exchange(pid_, -1);
  if (pid < 0) return 0;
  int status = 0;
  // One that ended by itself keeps its status; one that lives on is killed.
  if (waitpid(pid, &status, WNOHANG) == pid) return status;
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return status;
}

}  // namespace cell0::emit
