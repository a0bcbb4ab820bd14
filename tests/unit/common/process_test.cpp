#include "common/process.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

using namespace cell0;

namespace {

// What systemd has at the other end of NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    timeval deadline{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  }
  ~Manager() { ::close(fd_); }

  std::string next() {
    char text[256];
    const ssize_t size = ::recv(fd_, text, sizeof text, 0);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  int fd_ = -1;
};

constexpr std::chrono::seconds kDeadline(10);

void turn_until(asio::io_context& loop, const std::function<bool()>& done) {
  while (!done()) REQUIRE(loop.run_one_for(kDeadline) > 0);
}

std::string unique_name(const std::string& prefix) { return prefix + "cell0-notify-" + std::to_string(::getpid()); }

}  // namespace

TEST_CASE("the service manager is told over a path or an abstract socket") {
  for (const std::string& name : {unique_name("/tmp/"), unique_name("@")}) {
    CAPTURE(name);
    Manager manager(name);
    ServiceNotifier notifier(Environment{{"NOTIFY_SOCKET", name}});
    notifier.ready();
    CHECK(manager.next() == "READY=1");
    notifier.status("1000 clients\nREADY=0");
    CHECK(manager.next() == "STATUS=1000 clients READY=0");
    notifier.stopping();
    CHECK(manager.next() == "STOPPING=1");
    std::filesystem::remove(name);
  }
}

TEST_CASE("without a manager, or with one that is gone, nothing happens") {
  ServiceNotifier(Environment{}).ready();
  ServiceNotifier(Environment{{"NOTIFY_SOCKET", ""}}).ready();
  ServiceNotifier(Environment{{"NOTIFY_SOCKET", "relative"}}).ready();
  ServiceNotifier(Environment{{"NOTIFY_SOCKET", "/nonexistent/socket"}}).ready();
  ServiceNotifier(Environment{{"NOTIFY_SOCKET", "/" + std::string(300, 'a')}}).ready();
}

TEST_CASE("the watchdog's interval is half of what the manager allows, for this process only") {
  const std::string pid = std::to_string(::getpid());
  const auto interval = [](const Environment& environment) { return ServiceNotifier(environment).alive_interval(); };
  CHECK(interval({{"WATCHDOG_USEC", "3000000"}}) == std::chrono::milliseconds(1500));
  CHECK(interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", pid}}) == std::chrono::milliseconds(1500));
  CHECK(!interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}}));
  CHECK(!interval({}));
  CHECK(!interval({{"WATCHDOG_USEC", "0"}}));
  CHECK(!interval({{"WATCHDOG_USEC", "soon"}}));
  CHECK(interval({{"WATCHDOG_USEC", "18446744073709551615"}}) == std::chrono::hours(12));
}

TEST_CASE("a loop that turns says again and again that it is alive") {
  const std::string name = unique_name("@watch-");
  Manager manager(name);
  asio::io_context loop;
  ServiceNotifier notifier(Environment{{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "2000"}});
  notifier.watch(loop);
  CHECK(manager.next() == "WATCHDOG=1");
  for (int i = 0; i < 2; ++i) {
    loop.run_one_for(kDeadline);
    CHECK(manager.next() == "WATCHDOG=1");
  }
}

TEST_CASE("TERM and INT stop once, HUP reloads each time, PIPE is ignored") {
  asio::io_context loop;
  int stops = 0;
  int reloads = 0;
  ProcessSignals signals(
      loop, [&] { ++stops; }, [&] { ++reloads; });
  ::raise(SIGPIPE);
  for (const int signal : {SIGTERM, SIGINT, SIGTERM, SIGHUP}) ::raise(signal);
  turn_until(loop, [&] { return reloads == 1; });
  ::raise(SIGHUP);
  turn_until(loop, [&] { return reloads == 2; });
  CHECK(stops == 1);
}

TEST_CASE("a loop whose signals are cancelled comes to its end, also with one on its way") {
  asio::io_context loop;
  ProcessSignals signals(loop, [] {});
  ::raise(SIGHUP);
  signals.cancel();
  loop.run_for(kDeadline);
  CHECK(loop.stopped());
}

TEST_CASE("HUP without a reload does not end the process") {
  asio::io_context loop;
  bool stopped = false;
  ProcessSignals signals(loop, [&] { stopped = true; });
  ::raise(SIGHUP);
  ::raise(SIGTERM);
  turn_until(loop, [&] { return stopped; });
}
