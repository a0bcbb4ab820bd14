// HttpStream: one POST whose answer is read as it comes, on the loop, over libcurl. This folder's only user of libcurl.
//
// http and https; follows no redirect; proxies of the environment, but not for this machine. Holds at most
// kHeldBytesMax of the answer: while its owner has paused it, the server waits.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace cell0::emit {

struct HttpPost {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::chrono::milliseconds connect_timeout{10'000};
};

struct HttpHead {
  int status = 0;
  std::string content_type;  // may be empty
};

enum class HttpEnd {
  kComplete,
  kUnreachable,   // no connection, or none that is safe
  kDisconnected,  // it ended before it was complete
};

class HttpStream {
 public:
  static constexpr std::size_t kHeldBytesMax = 128u << 10;

  struct Handlers {
    // Some of the body, never empty. The head is that of the answer.
    std::function<void(const HttpHead& head, std::string_view bytes)> on_bytes;
    // Once, last. `why` says what went wrong.
    std::function<void(HttpEnd end, const HttpHead& head, const std::string& why)> on_end;
  };

  // kInternal: libcurl cannot be set up. Handlers are called later, from the loop, and may destroy the stream.
  static Result<std::unique_ptr<HttpStream>> start(asio::io_context& io, const HttpPost& post, Handlers handlers);
  ~HttpStream();  // closes the connection
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  void pause(bool paused);

 private:
  class Impl;
  explicit HttpStream(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;  // shared with the turn of the loop that calls handlers only
};

}  // namespace cell0::emit
