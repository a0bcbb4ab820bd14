// An HTTP/1.1 request and a response, as values, and how a response looks on the wire.
//
// No sockets, no parsing (request_parser.h), no routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cell0 {

struct HttpHeader {
  std::string name;   // lower case
  std::string value;  // without the white space around it
};

// A complete, checked request. Every field holds what the client sent: trust none of it.
struct HttpRequest {
  std::string method;  // "GET", upper case
  std::string target;  // as sent: "/a%20b?x=1"
  std::string path;    // percent-decoded, without "." and ".." segments: "/a b"
  std::string query;   // as sent, without the '?': "x=1"
  std::string body;
  std::vector<HttpHeader> headers;    // repeated ones joined with ", " (cookie: "; ")
  bool http_1_0 = false;              // the version: false is 1.1
  bool keep_alive = true;             // the client wants, and may have, another request on this connection
  bool is_websocket_upgrade = false;  // GET with "Connection: upgrade" and "Upgrade: websocket"; the rest is unchecked

  // The value of a header, "" if it is absent. `name` in lower case. Linear in the number of headers.
  std::string_view header(std::string_view name) const;

  // The first value of `name` in the query, decoded; nullopt if it is absent or not decodable.
  std::optional<std::string> query_value(std::string_view name) const;
};

// True if the comma-separated list `value` holds `token`, compared without case (RFC 9110 section 5.6.1).
bool header_has_token(std::string_view value, std::string_view token);

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beyond content-type, content-length, date, connection
};

// What the answer must know of its request.
struct HttpResponseContext {
  bool head_request = false;  // no body is sent, its length is
  bool http_1_0 = false;
  bool keep_alive = true;
};

// "OK" for 200; "" for a status without a name here.
std::string_view http_reason(int status);

// Appends the response as bytes. `date` is an IMF-fixdate, "" for none. A header with a control character in its name
// or value is left out: it could split the response.
void append_http_response(std::string& out, const HttpResponse& response, const HttpResponseContext& context,
                          std::string_view date);

// The head of a response that ends with its connection: the status and headers as given, "Connection: close", no
// length.
void append_http_stream_head(std::string& out, const HttpResponse& response, std::string_view date);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(std::int64_t unix_seconds);

}  // namespace cell0
