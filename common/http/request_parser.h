// HTTP/1.1 requests, strictly: what two parsers could read differently is refused. The only user of llhttp.
//
// Bytes in, an HttpRequest or a refusal out; no sockets, no answers. Refused beyond llhttp: white space before a
// header's colon, folded headers, NUL and other control characters, bare CR or LF, Content-Length beside
// Transfer-Encoding, any transfer coding but chunked, a missing or repeated Host in 1.1, CONNECT, and a path that
// leaves the root.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace cell0 {

struct RequestLimits {
  std::size_t head_bytes_max = 16 * 1024;    // request line and headers
  std::size_t headers_max = 100;             // their number
  std::size_t body_bytes_max = 1024 * 1024;  // decoded
};

class RequestParser {
 public:
  enum class State {
    kHead,    // waiting for the rest of the head
    kBody,    // waiting for the rest of the body
    kDone,    // take() the request
    kFailed,  // error_status() and error_text(); the connection cannot be used any further
  };

  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes up to the end of one request and returns how many; what is behind belongs to the next (or, after an
  // upgrade, to another protocol). Takes none once done or failed.
  std::size_t feed(std::string_view bytes);

  State state() const;
  bool started() const;         // some byte of the request has arrived
  bool wants_continue() const;  // in kBody: the client waits for "100 Continue" before it sends the body

  // REQUIRES: state() == kDone. Ready for the next request after it.
  HttpRequest take();

  // REQUIRES: state() == kFailed. 400, 413, 414, 417, 431, 501 or 505, and why in words for people.
  int error_status() const;
  std::string_view error_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cell0
