// PipeReader: bytes out of a pipe on the loop, and none while it is paused: then the writer waits.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string_view>

namespace cell0::emit {

// One thread. Reads at most kBytesPerTurn a turn of the loop.
class PipeReader {
 public:
  static constexpr std::size_t kBytesPerTurn = 16u << 10;

  using OnBytes = std::function<void(std::string_view)>;
  using OnEnd = std::function<void()>;  // end of file, or an error; once, last

  // Takes over `fd` and reads from the next turn on. Handlers may destroy the reader.
  PipeReader(asio::io_context& io, int fd, OnBytes on_bytes, OnEnd on_end);
  ~PipeReader() { *alive_ = false; }
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;

  void pause(bool paused);
  bool ended() const { return ended_; }

 private:
  void wait();
  void read();

  asio::posix::stream_descriptor pipe_;
  OnBytes on_bytes_;
  OnEnd on_end_;
  bool paused_ = false;
  bool waiting_ = false;
  bool ended_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
