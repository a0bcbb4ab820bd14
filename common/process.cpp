// Signals on asio, notifications by hand (sd_notify(3): newline-separated NAME=VALUE in one datagram).
#include "common/process.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace cell0 {
namespace {

std::optional<std::uint64_t> figure(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Duration> alive_interval_of(const Environment& environment) {
  const auto microseconds = figure(environment, "WATCHDOG_USEC");
  if (!microseconds || *microseconds == 0) return std::nullopt;
  const auto pid = figure(environment, "WATCHDOG_PID");
  if (pid && *pid != static_cast<std::uint64_t>(::getpid())) return std::nullopt;  // meant for another process
  constexpr std::uint64_t kDayUs = 86'400'000'000;
  return std::chrono::microseconds(std::min(*microseconds, kDayUs)) / 2;
}

}  // namespace

class ServiceNotifier::Watch {
 public:
  Watch(asio::io_context& loop, ServiceNotifier& notifier, Duration interval)
      : timer_(loop), notifier_(notifier), interval_(interval) {
    tick();
  }

 private:
  void tick() {
    notifier_.alive();
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(interval_));
    timer_.async_wait([this](const std::error_code& error) {
      if (!error) tick();
    });
  }

  asio::steady_timer timer_;
  ServiceNotifier& notifier_;
  Duration interval_;
};

ServiceNotifier::ServiceNotifier(const Environment& environment) : alive_interval_(alive_interval_of(environment)) {
  const auto found = environment.find("NOTIFY_SOCKET");
  if (found == environment.end()) return;
  const std::string& name = found->second;
  const bool usable = !name.empty() && (name.front() == '/' || name.front() == '@');
  if (usable && name.size() < sizeof(sockaddr_un::sun_path)) socket_ = name;
}

ServiceNotifier::~ServiceNotifier() = default;

void ServiceNotifier::ready() { send("READY=1"); }
void ServiceNotifier::stopping() { send("STOPPING=1"); }
void ServiceNotifier::alive() { send("WATCHDOG=1"); }

void ServiceNotifier::status(std::string_view text) {
  std::string line = "STATUS=" + std::string(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  send(line);
}

void ServiceNotifier::watch(asio::io_context& loop) {
  if (alive_interval_ && !socket_.empty()) watch_ = std::make_unique<Watch>(loop, *this, *alive_interval_);
}

void ServiceNotifier::send(std::string_view text) {
  if (socket_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

class ProcessSignals::Impl {
 public:
  Impl(asio::io_context& loop, std::function<void()> on_stop, std::function<void()> on_reload)
      : set_(loop, SIGTERM, SIGINT, SIGHUP), on_stop_(std::move(on_stop)), on_reload_(std::move(on_reload)) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of that write, not the end of the process
    wait();
  }

  void cancel() {
    cancelled_ = true;  // a signal that is on its way already must not make us wait again
    set_.cancel();
  }

 private:
  void wait() {
    set_.async_wait([this](const std::error_code& error, int signal) {
      if (error || cancelled_) return;
      wait();
      if (signal == SIGHUP) {
        if (on_reload_) on_reload_();
      } else if (on_stop_) {
        std::exchange(on_stop_, nullptr)();
      }
    });
  }

  asio::signal_set set_;
  bool cancelled_ = false;
  std::function<void()> on_stop_;
  std::function<void()> on_reload_;
};

ProcessSignals::ProcessSignals(asio::io_context& loop, std::function<void()> on_stop, std::function<void()> on_reload)
    : impl_(std::make_unique<Impl>(loop, std::move(on_stop), std::move(on_reload))) {}

ProcessSignals::~ProcessSignals() = default;

void ProcessSignals::cancel() { impl_->cancel(); }

}  // namespace cell0
