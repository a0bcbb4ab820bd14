// RequestParser takes any bytes, however they are cut: what comes out of two cuts is the same, and is well-formed.
#include <string>

#include "common/check.h"
#include "common/http/request_parser.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {
namespace {

constexpr RequestLimits kLimits{512, 16, 512};

// Everything that was read, as text: the requests, and how it ended.
std::string read(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kLimits);
  std::string seen;
  while (!bytes.empty()) {
    const std::size_t taken = parser.feed(bytes.substr(0, piece));
    CELL0_CHECK(taken <= piece);
    bytes.remove_prefix(taken);
    if (parser.state() == RequestParser::State::kFailed) return seen + "!" + std::to_string(parser.error_status());
    if (parser.state() == RequestParser::State::kDone) {
      const HttpRequest request = parser.take();
      CELL0_CHECK(request.path.empty() || request.path.front() == '/' || request.method == "OPTIONS");
      CELL0_CHECK(request.body.size() <= kLimits.body_bytes_max);
      CELL0_CHECK(request.headers.size() <= kLimits.headers_max);
      seen += request.method + ' ' + request.path + '?' + request.query + '\n' + request.body + '\n';
      for (const HttpHeader& header : request.headers) seen += header.name + ':' + header.value + '\n';
      if (request.is_websocket_upgrade) return seen;
    } else if (taken == 0) {
      return seen + "?";
    }
  }
  return seen;
}

}  // namespace

void fuzz(std::string_view input) { CELL0_CHECK(read(input, input.size()) == read(input, 3)); }

}  // namespace cell0
