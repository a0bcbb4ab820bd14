// LineReader: lines out of a descriptor on the loop: standard input, a child's output, a connection.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

#include "common/line_splitter.h"
#include "common/result.h"

namespace cell0 {

// One thread. Reads at most 64 KiB a turn, so that a torrent starves nothing.
class LineReader {
 public:
  using OnLine = std::function<void(const LineSplitter::Line&)>;
  using OnEnd = std::function<void()>;  // end of file, or an error; once, last

  // Takes over `fd`, a pipe, socket, terminal or device, and reads lines of at most `bytes_max` from now on. A plain
  // file (standard input redirected) is read too, at the same pace. Handlers may destroy the reader.
  LineReader(asio::io_context& io, int fd, std::size_t bytes_max, OnLine on_line, OnEnd on_end);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  int fd() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cell0
