#include "emitters/runners/pipe_reader.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace cell0::emit {

PipeReader::PipeReader(asio::io_context& io, int fd, OnBytes on_bytes, OnEnd on_end)
    : pipe_(io, fd), on_bytes_(std::move(on_bytes)), on_end_(std::move(on_end)) {
  pipe_.non_blocking(true);
  wait();
}

void PipeReader::pause(bool paused) {
  paused_ = paused;
  wait();
}

void PipeReader::wait() {
  if (paused_ || waiting_ || ended_) return;
  waiting_ = true;
  pipe_.async_wait(asio::posix::stream_descriptor::wait_read, [this, alive = alive_](const asio::error_code& error) {
    if (!*alive) return;
    waiting_ = false;
    if (!error && !paused_) read();
  });
}

void PipeReader::read() {
  std::array<char, kBytesPerTurn> bytes;
  const ssize_t count = ::read(pipe_.native_handle(), bytes.data(), bytes.size());
  if (count > 0) {
    const auto alive = alive_;
    on_bytes_({bytes.data(), static_cast<std::size_t>(count)});
    if (*alive) wait();
    return;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
  ended_ = true;
  asio::error_code ignored;
  pipe_.close(ignored);
  const auto tell = on_end_;  // it may destroy us
  tell();
}

}  // namespace cell0::emit
