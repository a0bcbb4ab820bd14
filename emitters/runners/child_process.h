// ChildProcess: a command in a process group of its own, with its three pipes; killed, all of the group, when it is no
// longer wanted. No shell.
//
// If this process dies, so does the command itself (PR_SET_PDEATHSIG); what that has forked sees its pipes close. A
// descendant that leaves the group on purpose (setsid) is out of reach.
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace cell0::emit {

struct ChildOptions {
  std::vector<std::string> command;      // command[0] is a path, or looked up in PATH
  std::vector<std::string> environment;  // NAME=value, all of it
  std::string directory;                 // empty: ours
  std::size_t memory_bytes_max = 0;      // RLIMIT_AS; 0: ours
  bool with_stdin = false;               // else it is /dev/null
};

// "/usr/bin/cat" for "cat". kNotFound: no such program in PATH, or it cannot be executed; the text names it.
Result<std::string> find_program(const std::string& name);

class ChildProcess {
 public:
  using OnExit = std::function<void(int status)>;  // of the command itself, as waitpid(2) gives it

  // kNotFound, kUnavailable: it cannot be started; the text names the program and why. `on_exit` is called once, later,
  // from the loop, after all that is left of its group has been killed; it may destroy this.
  static Result<std::unique_ptr<ChildProcess>> start(asio::io_context& io, const ChildOptions& options, OnExit on_exit);
  ~ChildProcess();  // kills the group; waits for the command's end
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void signal_group(int signal);

  // Our ends of its pipes, once each; the caller closes them. -1: there is none.
  int take_stdin() { return std::exchange(stdin_, -1); }
  int take_stdout() { return std::exchange(stdout_, -1); }
  int take_stderr() { return std::exchange(stderr_, -1); }

 private:
  ChildProcess(asio::io_context& io, OnExit on_exit);
  void watch();
  void look();

  asio::signal_set child_signals_;
  OnExit on_exit_;
  pid_t pid_ = -1;  // and of its group; -1: it has ended
  int stdin_ = -1;
  int stdout_ = -1;
  int stderr_ = -1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
