#include "common/line_reader.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>

namespace cell0 {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;

// Plain files, directories and /dev/null are always readable, and epoll takes none of them (epoll_ctl(2), EPERM).
bool always_readable(int fd) {
  const int probe = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  const bool refused = epoll_ctl(probe, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EPERM;
  ::close(probe);
  return refused;
}

}  // namespace

// Shared with the pending wait, so that a handler may destroy the reader.
class LineReader::Impl : public std::enable_shared_from_this<LineReader::Impl> {
 public:
  Impl(asio::io_context& io, int fd, std::size_t bytes_max, OnLine on_line, OnEnd on_end)
      : io_(io),
        fd_(fd),
        always_readable_(always_readable(fd)),
        descriptor_(io),
        splitter_(bytes_max),
        on_line_(std::move(on_line)),
        on_end_(std::move(on_end)) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (!always_readable_) descriptor_.assign(fd);
  }

  ~Impl() {
    if (always_readable_) ::close(fd_);
  }

  void wait() {
    const auto again = [self = shared_from_this()](const asio::error_code& error = {}) {
      if (!error && !self->stopped_) self->read();
    };
    if (always_readable_)
      asio::post(io_, again);
    else
      descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, again);
  }

  void stop() {
    stopped_ = true;
    if (descriptor_.is_open()) descriptor_.close();
  }

  int fd() const { return fd_; }

 private:
  void read() {
    const auto self = shared_from_this();
    std::array<char, kReadBytes> buffer;
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
    const auto hand_on = [this](const LineSplitter::Line& line) {
      if (!stopped_) on_line_(line);
    };
    if (count <= 0) {
      splitter_.finish(hand_on);
      if (!stopped_) end();
      return;
    }
    splitter_.feed({buffer.data(), static_cast<std::size_t>(count)}, hand_on);
    if (!stopped_) wait();
  }

  void end() {
    stop();
    if (on_end_) on_end_();
  }

  asio::io_context& io_;
  int fd_;
  bool always_readable_;
  asio::posix::stream_descriptor descriptor_;
  LineSplitter splitter_;
  OnLine on_line_;
  OnEnd on_end_;
  bool stopped_ = false;
};

LineReader::LineReader(asio::io_context& io, int fd, std::size_t bytes_max, OnLine on_line, OnEnd on_end)
    : impl_(std::make_shared<Impl>(io, fd, bytes_max, std::move(on_line), std::move(on_end))) {
  impl_->wait();
}

LineReader::~LineReader() { impl_->stop(); }

int LineReader::fd() const { return impl_->fd(); }

}  // namespace cell0
