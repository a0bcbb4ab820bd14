// A process among its supervisors: signals that stop and reload it, and systemd's readiness and watchdog (sd_notify(3),
// without libsystemd). Outside systemd the notifications go nowhere, at no cost.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/config/environment.h"

namespace asio {
class io_context;
}

namespace cell0 {

// Tells the service manager how the process is doing.
class ServiceNotifier {
 public:
  // Reads NOTIFY_SOCKET (a path, or @name for an abstract socket), WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceNotifier(const Environment& environment);
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  // Each sends one datagram, never blocks, and is lost silently if nobody listens: whoever supervises would say so.
  void ready();
  void stopping();
  void alive();
  void status(std::string_view text);  // one line, shown by systemctl status

  // Half of what the manager allows between two alive(); nullopt: it does not watch.
  std::optional<Duration> alive_interval() const { return alive_interval_; }

  // Calls alive() at that interval while the loop turns, if the manager watches. A loop that hangs is restarted.
  void watch(asio::io_context& loop);

 private:
  class Watch;

  void send(std::string_view text);

  std::string socket_;
  std::optional<Duration> alive_interval_;
  std::unique_ptr<Watch> watch_;
};

// TERM and INT stop, HUP reloads (common/config/reload.h); PIPE is ignored from here on. The callbacks run in the loop,
// on_stop once only: a Ctrl-C that reaches the whole group and a supervisor's TERM after it are one wish.
class ProcessSignals {
 public:
  // Without on_reload HUP is taken and does nothing.
  ProcessSignals(asio::io_context& loop, std::function<void()> on_stop, std::function<void()> on_reload = {});
  ~ProcessSignals();  // the signals have their default effect again
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  // Lets go of the loop, so that run() can return.
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cell0
