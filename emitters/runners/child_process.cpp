#include "emitters/runners/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace cell0::emit {
namespace {

constexpr int kExitNotStarted = 127;

// A pipe whose ends close themselves.
struct Pipe {
  std::array<int, 2> ends{-1, -1};

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  int take(std::size_t end) { return std::exchange(ends[end], -1); }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// All that the child needs between fork and exec, ready made: there nothing may allocate, since other threads of this
// process may have held the allocator's lock.
struct Launch {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* directory;  // may be null
  rlim_t memory_max;      // 0: none
  int in, out, err;
  int status;  // errno goes here if it cannot be started
  pid_t parent;
};

[[noreturn]] void give_up(const Launch& launch) {
  const int error = errno;
  static_cast<void>(::write(launch.status, &error, sizeof error) + 1);
  ::_exit(kExitNotStarted);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_limits(const Launch& launch) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (launch.memory_max == 0) return true;
  const rlimit memory{launch.memory_max, launch.memory_max};
  return ::setrlimit(RLIMIT_AS, &memory) == 0;
}

[[noreturn]] void become(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(kExitNotStarted);  // it died before the line above
  reset_signals();
  const bool ready = ::dup2(launch.in, STDIN_FILENO) >= 0 && ::dup2(launch.out, STDOUT_FILENO) >= 0 &&
                     ::dup2(launch.err, STDERR_FILENO) >= 0 && set_limits(launch) &&
                     (launch.directory == nullptr || ::chdir(launch.directory) == 0);
  if (!ready) give_up(launch);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);  // what a library has left open
  ::execve(launch.program, launch.arguments, launch.environment);
  give_up(launch);
}

// Why it could not become the program; 0: it has.
int start_error(int status) {
  int error = 0;
  ssize_t count = 0;
  do count = ::read(status, &error, sizeof error);
  while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

Error not_started(const std::string& program, int error) {
  const bool missing = error == ENOENT || error == EACCES || error == ENOTDIR;
  return {missing ? ErrorCode::kNotFound : ErrorCode::kUnavailable, program + ": " + std::strerror(error)};
}

// Forks; the pid, or why not.
Result<pid_t> launch_it(const Launch& launch, Pipe& status) {
  const pid_t pid = ::fork();
  if (pid < 0) return not_started(launch.program, errno);
  if (pid == 0) become(launch);
  ::setpgid(pid, pid);  // both do: whoever comes first, the group is there
  ::close(status.take(1));
  if (const int error = start_error(status.ends[0]); error != 0) {
    ::waitpid(pid, nullptr, 0);
    return not_started(launch.program, error);
  }
  return pid;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return not_started(name, errno);
  }
  const char* variable = std::getenv("PATH");
  std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  path += ':';
  for (std::size_t begin = 0, end = 0; (end = path.find(':', begin)) != std::string::npos; begin = end + 1) {
    const std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return Error{ErrorCode::kNotFound, name + ": no such program in PATH"};
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(asio::io_context& io, const ChildOptions& options,
                                                          OnExit on_exit) {
  const auto program = find_program(options.command.front());
  if (!program) return program.error();
  Pipe in, out, err, status;
  if (!in.open() || !out.open() || !err.open() || !status.open()) {
    return Error{ErrorCode::kUnavailable, options.command.front() + ": no pipe for it: " + std::strerror(errno)};
  }
  if (!options.with_stdin) {
    ::close(in.take(0));
    in.ends[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  const auto arguments = pointers(options.command);
  const auto environment = pointers(options.environment);
  const Launch launch{program->c_str(),
                      arguments.data(),
                      environment.data(),
                      options.directory.empty() ? nullptr : options.directory.c_str(),
                      static_cast<rlim_t>(options.memory_bytes_max),
                      in.ends[0],
                      out.ends[1],
                      err.ends[1],
                      status.ends[1],
                      ::getpid()};
  const auto pid = launch_it(launch, status);
  if (!pid) return pid.error();
  std::unique_ptr<ChildProcess> child(new ChildProcess(io, std::move(on_exit)));
  child->pid_ = *pid;
  if (options.with_stdin) child->stdin_ = in.take(1);
  child->stdout_ = out.take(0);
  child->stderr_ = err.take(0);
  child->watch();
  return child;
}

ChildProcess::ChildProcess(asio::io_context& io, OnExit on_exit)
    : child_signals_(io, SIGCHLD), on_exit_(std::move(on_exit)) {
  // It may have ended before the signal was watched for: one look comes without.
  asio::post(io, [this, alive = alive_] {
    if (*alive) look();
  });
}

ChildProcess::~ChildProcess() {
  *alive_ = false;
  for (const int fd : {stdin_, stdout_, stderr_}) {
    if (fd >= 0) ::close(fd);
  }
  if (pid_ < 0) return;
  signal_group(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal_group(int signal) {
  if (pid_ > 0) ::kill(-pid_, signal);
}

void ChildProcess::watch() {
  child_signals_.async_wait([this, alive = alive_](const asio::error_code& error, int) {
    if (error || !*alive) return;
    watch();
    look();
  });
}

// The group is killed while the command's pid is still its own, before it is reaped.
void ChildProcess::look() {
  if (pid_ < 0) return;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) return;
  signal_group(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  child_signals_.cancel();
  const auto tell = std::exchange(on_exit_, {});  // it may destroy us
  tell(status);
}

}  // namespace cell0::emit
