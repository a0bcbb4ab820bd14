#include "emitters/runners/exec_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kErrorTailBytes = 2u << 10;
// After the command's end its group is dead and the pipes end by themselves, unless a descendant has left the group.
constexpr Duration kDrainMax = std::chrono::seconds(1);

}  // namespace

Result<std::unique_ptr<Run>> ExecRun::start(asio::io_context& io, const RunnerConfig& config,
                                            const ChildOptions& options, std::string input, RunObserver& observer,
                                            RunSlots::Slot slot) {
  std::unique_ptr<ExecRun> run(new ExecRun(io, config, std::move(input), observer, std::move(slot)));
  auto child = ChildProcess::start(io, options, [raw = run.get()](int status) { raw->on_exit(status); });
  if (!child) return Error{child.error().code, "runner " + config.name + ": " + child.error().text};
  run->open(std::move(*child));
  return std::unique_ptr<Run>(std::move(run));
}

ExecRun::ExecRun(asio::io_context& io, const RunnerConfig& config, std::string input, RunObserver& observer,
                 RunSlots::Slot slot)
    : io_(io),
      slot_(std::move(slot)),
      config_(config),
      output_(observer, config.output_bytes_max),
      text_(output_, config.json_lines),
      input_(std::move(input)),
      deadline_(io),
      kill_timer_(io),
      drain_timer_(io),
      stdin_(io) {}

ExecRun::~ExecRun() { *alive_ = false; }

void ExecRun::open(std::unique_ptr<ChildProcess> child) {
  child_ = std::move(child);
  stdout_ = std::make_unique<PipeReader>(
      io_, child_->take_stdout(), [this](std::string_view bytes) { on_output(bytes); }, [this] { end_if_done(); });
  stderr_ = std::make_unique<PipeReader>(
      io_, child_->take_stderr(), [this](std::string_view bytes) { on_error_text(bytes); }, [this] { end_if_done(); });
  deadline_.start(config_.timeout, [this] {
    stop(run_error::kTimeout, "not done after " + std::to_string(config_.timeout.count()) + " ms");
  });
  if (const int fd = child_->take_stdin(); fd >= 0) {
    stdin_.assign(fd);
    stdin_.non_blocking(true);
    write_input();
  }
}

// A command that does not want all of it closes its end; that is its business.
void ExecRun::write_input() {
  while (written_ < input_.size()) {
    const ssize_t count = ::write(stdin_.native_handle(), input_.data() + written_, input_.size() - written_);
    if (count > 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      return stdin_.async_wait(asio::posix::stream_descriptor::wait_write,
                               [this, alive = alive_](const asio::error_code& error) {
                                 if (*alive && !error) write_input();
                               });
    } else if (count >= 0 || errno != EINTR) {
      break;
    }
  }
  asio::error_code ignored;
  stdin_.close(ignored);
}

void ExecRun::pause(bool paused) {
  paused_ = paused;
  if (stdout_) stdout_->pause(paused);
  end_if_done();
}

void ExecRun::on_output(std::string_view bytes) {
  if (!stop_code_.empty() && stop_code_ != run_error::kCancelled) return;  // what it says after its limit
  if (!text_.feed(bytes)) {
    stop(run_error::kOutputLimit, "more than " + std::to_string(config_.output_bytes_max) + " bytes of output");
  }
}

void ExecRun::on_error_text(std::string_view bytes) {
  error_bytes_ += bytes.size();
  error_tail_ += bytes;
  if (error_tail_.size() > kErrorTailBytes) error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
  if (error_bytes_ > config_.output_bytes_max) {
    stop(run_error::kOutputLimit, "more than " + std::to_string(config_.output_bytes_max) + " bytes of error output");
  }
}

void ExecRun::stop(std::string_view code, std::string what) {
  if (exited_ || !stop_code_.empty()) return;
  stop_code_ = code;
  stop_text_ = std::move(what);
  deadline_.stop();
  child_->signal_group(SIGTERM);
  kill_timer_.start(config_.kill_after, [this] { child_->signal_group(SIGKILL); });
}

void ExecRun::on_exit(int status) {
  exited_ = true;
  status_ = status;
  deadline_.stop();
  kill_timer_.stop();
  end_if_done();
}

// It has ended and has said all; or nobody wants to hear more.
void ExecRun::end_if_done() {
  if (!exited_) return;
  if (!stop_code_.empty()) return end();
  if (stdout_->ended() && stderr_->ended()) return end();
  if (paused_ || drain_timer_.running()) return;
  drain_timer_.start(kDrainMax, [this] {
    if (!paused_) end();
  });
}

void ExecRun::end() {
  drain_timer_.stop();
  if (!stop_code_.empty()) return output_.fail(stop_code_, stop_text_, details());
  if (!text_.finish()) return output_.fail_over_bound();
  tell_status();
}

void ExecRun::tell_status() {
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return output_.succeed(details());
  std::string what = config_.command.front();
  std::string_view code = run_error::kExitStatus;
  if (WIFSIGNALED(status_)) {
    code = run_error::kSignal;
    what += " was killed by signal " + std::to_string(WTERMSIG(status_));
  } else {
    what += " ended with " + std::to_string(WEXITSTATUS(status_));
  }
  while (error_tail_.ends_with('\n')) error_tail_.pop_back();
  if (!error_tail_.empty()) what += ": " + to_utf8(error_tail_);
  output_.fail(code, what, details());
}

std::string ExecRun::details() const {
  std::string text = "{";
  if (WIFEXITED(status_)) text += "\"exit_code\":" + std::to_string(WEXITSTATUS(status_));
  if (WIFSIGNALED(status_)) text += "\"signal\":" + std::to_string(WTERMSIG(status_));
  if (!text_.result_json().empty()) text += ",\"result\":" + text_.result_json();
  return text + "}";
}

}  // namespace cell0::emit
