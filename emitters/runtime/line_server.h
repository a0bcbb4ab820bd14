// LineServer: a unix socket that takes lines from anyone on this machine who may open it (mode 0660).
//
//   printf 'gpu0 kernel_started {"grid": 128}\n' | socat - UNIX-CONNECT:/var/lib/cell0/kernel.sock
#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "common/line_reader.h"
#include "common/log.h"
#include "common/result.h"

namespace cell0::emit {

// One thread. At most kConnectionsMax at a time; more wait in the kernel's queue until one ends.
class LineServer {
 public:
  static constexpr int kConnectionsMax = 64;

  // What is wrong with the line, told to the peer as "error: <text>"; nothing if it was taken.
  using OnLine = std::function<Result<void>(const LineSplitter::Line&)>;

  // Makes the directory if it is not there, and takes the place of a socket file that nobody listens on any more.
  // kConflict: somebody does, or the path is no socket; kInvalid: the path is too long; kInternal: not permitted, no
  // such directory. The error names the path.
  static Result<std::unique_ptr<LineServer>> create(asio::io_context& io, const std::string& path,
                                                    std::size_t line_bytes_max, OnLine on_line);
  ~LineServer();  // removes the socket file
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

 private:
  LineServer(asio::io_context& io, std::string path, std::size_t line_bytes_max, OnLine on_line);
  void accept();
  void on_peer(int fd);

  asio::io_context& io_;
  std::string path_;
  std::size_t line_bytes_max_;
  OnLine on_line_;
  asio::local::stream_protocol::acceptor acceptor_;
  std::list<std::unique_ptr<LineReader>> peers_;
  bool accepting_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
