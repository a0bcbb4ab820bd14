#include "emitters/kernel/kernel_source.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "emitters/kernel/kernel_line.h"
#include "emitters/kernel/uevent.h"
#include "emitters/sdk/cell0d.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kLineBytesMax = 64u << 10;
constexpr std::size_t kRecordBytesMax = 8192;  // the kernel's PRINTK_MESSAGE_MAX and more
constexpr int kRecordsPerTurn = 64;            // then the loop gets its turn
constexpr unsigned kKernelGroup = 1;           // of NETLINK_KOBJECT_UEVENT: straight from the kernel

}  // namespace

Result<std::unique_ptr<Source>> KernelSource::create(Host& host) {
  std::unique_ptr<KernelSource> source(new KernelSource(host));
  if (auto opened = source->open_socket(); !opened) return opened.error();
  source->open_kmsg();
  source->open_uevents();
  source->open_stdin();
  return std::unique_ptr<Source>(std::move(source));
}

KernelSource::KernelSource(Host& host)
    : host_(host),
      config_(host.config.emit.kernel),
      bound_(kMessagesPerSecondMax, 2 * kMessagesPerSecondMax),
      refused_(std::chrono::seconds(10)),
      kmsg_(host.io),
      uevents_(host.io) {}

Result<void> KernelSource::open_socket() {
  if (config_.socket == "off") return {};
  auto server = LineServer::create(host_.io, config_.socket, kLineBytesMax,
                                   [this](const LineSplitter::Line& line) { return on_line(line); });
  if (!server) return Error{server.error().code, "emit.kernel.socket: " + server.error().text};
  server_ = std::move(*server);
  host_.log.info("taking lines of kernels", {{"socket", config_.socket}});
  return {};
}

void KernelSource::open_kmsg() {
  if (config_.kmsg.empty()) return;
  const int fd = open(config_.kmsg.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    host_.log.warn("the kernel's log is not read", {{"path", config_.kmsg}, {"why", strerror(errno)}});
    return;
  }
  lseek(fd, 0, SEEK_END);  // what is new; the past is the log's, and was told before
  asio::error_code error;
  kmsg_.assign(fd, error);
  if (error) {
    close(fd);
    host_.log.warn("the kernel's log is not read", {{"path", config_.kmsg}, {"why", "it is not a device"}});
    return;
  }
  host_.log.info("reading the kernel's log", {{"path", config_.kmsg}});
  wait_kmsg();
}

void KernelSource::wait_kmsg() {
  kmsg_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (!error) read_kmsg();
  });
}

void KernelSource::read_kmsg() {
  std::array<char, kRecordBytesMax> buffer;
  for (int records = 0; records < kRecordsPerTurn; ++records) {
    const ssize_t size = read(kmsg_.native_handle(), buffer.data(), buffer.size());
    if (size < 0 && errno == EPIPE)
      continue;  // records were overwritten before we read them: their numbers are missing
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (size <= 0) {
      host_.log.warn("the kernel's log has ended", {{"path", config_.kmsg}});
      return kmsg_.close();
    }
    const auto record = parse_kmsg({buffer.data(), static_cast<std::size_t>(size)});
    if (record) on_kmsg(*record);
  }
  wait_kmsg();
}

void KernelSource::on_kmsg(const KmsgRecord& record) {
  if (!bound_.admit(host_.clock.mono())) return;
  const std::string payload = payload_of(record);
  static_cast<void>(
      emit_mcic_event(host_.emitter, {.event = "kmsg", .kernel_id = config_.kernel_id, .payload_json = payload}));
}

void KernelSource::open_uevents() {
  if (!config_.uevents) return;
  const int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    host_.log.warn("device events are not read", {{"why", strerror(errno)}});
    if (fd >= 0) close(fd);
    return;
  }
  uevents_.assign(fd);
  wait_uevents();
}

void KernelSource::wait_uevents() {
  uevents_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (!error) read_uevents();
  });
}

void KernelSource::read_uevents() {
  std::array<char, kRecordBytesMax> buffer;
  for (int events = 0; events < kRecordsPerTurn; ++events) {
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof sender;
    const ssize_t size = recvfrom(uevents_.native_handle(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0 && errno != ENOBUFS) break;        // ENOBUFS: some were lost, more are there
    if (size <= 0 || sender.nl_pid != 0) continue;  // only the kernel's own
    const auto event = parse_uevent({buffer.data(), static_cast<std::size_t>(size)});
    if (!event || !bound_.admit(host_.clock.mono())) continue;
    const std::string payload = payload_of(*event);
    static_cast<void>(
        emit_mcic_event(host_.emitter, {.event = "uevent", .kernel_id = config_.kernel_id, .payload_json = payload}));
  }
  wait_uevents();
}

void KernelSource::open_stdin() {
  if (!config_.stdin_lines) return;
  stdin_ = std::make_unique<LineReader>(
      host_.io, STDIN_FILENO, kLineBytesMax,
      [this](const LineSplitter::Line& line) { static_cast<void>(on_line(line)); },
      [this] {
        host_.log.info("standard input has ended");
        if (!server_ && !kmsg_.is_open() && !uevents_.is_open()) host_.finish(kExitStopped);
      });
}

Result<void> KernelSource::on_line(const LineSplitter::Line& line) {
  if (line.text.find_first_not_of(" \t") == std::string_view::npos) return {};
  Result<KernelLine> parsed =
      line.cut ? Error{ErrorCode::kTooLarge, "the line is longer than 64 KiB"} : parse_kernel_line(line.text);
  Result<void> taken;
  if (!parsed) {
    taken = parsed.error();
  } else {
    taken = emit_mcic_event(
        host_.emitter, {.event = parsed->event, .kernel_id = parsed->kernel_id, .payload_json = parsed->payload_json});
  }
  if (taken) return taken;
  if (auto pass = refused_.admit(host_.clock.mono())) {
    host_.log.warn("a line was refused", {{"why", taken.error().text}, {"suppressed", pass->suppressed}});
  }
  return taken;
}

}  // namespace cell0::emit
