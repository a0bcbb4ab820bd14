#include "common/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>

namespace cell0 {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;

bool is_plain_file(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

// Shared with the pending wait, so that a handler may destroy the reader.
class LineReader::Impl : public std::enable_shared_from_this<LineReader::Impl> {
 public:
  Impl(asio::io_context& io, int fd, std::size_t bytes_max, OnLine on_line, OnEnd on_end)
      : io_(io),
        fd_(fd),
        plain_file_(is_plain_file(fd)),
        descriptor_(io),
        splitter_(bytes_max),
        on_line_(std::move(on_line)),
        on_end_(std::move(on_end)) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (!plain_file_) descriptor_.assign(fd);  // epoll does not take plain files: they are always readable
  }

  ~Impl() {
    if (plain_file_) ::close(fd_);
  }

  void wait() {
    const auto again = [self = shared_from_this()](const asio::error_code& error = {}) {
      if (!error && !self->stopped_) self->read();
    };
    if (plain_file_)
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
  bool plain_file_;
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
