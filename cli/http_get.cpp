#include "cli/http_get.h"

#include <asio/ip/tcp.hpp>
#include <iterator>

namespace cell0::cli {
namespace {

constexpr std::size_t kBytesMax = 16u << 20;

struct Place {
  std::string host;
  std::string port;
};

// "http://127.0.0.1:9610", "http://[::1]:9610".
Result<Place> place_of(const std::string& url) {
  const std::string scheme = "http://";
  const auto colon = url.rfind(':');
  if (url.compare(0, scheme.size(), scheme) != 0 || colon == std::string::npos || colon <= scheme.size()) {
    return Error{ErrorCode::kInvalid, "\"" + url + "\" is not http://HOST:PORT"};
  }
  Place place{url.substr(scheme.size(), colon - scheme.size()), url.substr(colon + 1)};
  if (place.host.front() == '[' && place.host.back() == ']') place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

Error unavailable(const std::string& url, const std::string& why) {
  return {ErrorCode::kUnavailable, url + ": " + why};
}

}  // namespace

Result<std::string> http_get(const std::string& url, const std::string& path_and_query,
                             std::chrono::milliseconds timeout) {
  const auto place = place_of(url);
  if (!place) return place.error();
  asio::ip::tcp::iostream stream;
  stream.expires_after(timeout);
  stream.connect(place->host, place->port);
  if (!stream) return unavailable(url, stream.error().message());
  stream << "GET " << path_and_query << " HTTP/1.0\r\nHost: " << url.substr(7) << "\r\n\r\n" << std::flush;
  std::string version;
  int status = 0;
  stream >> version >> status;
  for (std::string line; std::getline(stream, line) && line != "\r";) continue;
  std::string body;
  for (char byte = 0; body.size() <= kBytesMax && stream.get(byte);) body += byte;
  if (status == 0) return unavailable(url, "no answer in time");
  if (status != 200) return unavailable(url, "answered " + std::to_string(status));
  if (body.size() > kBytesMax) return unavailable(url, "an answer of more than 16 MiB");
  return body;
}

}  // namespace cell0::cli
