// The private admin listener of each process: GET /metrics, /healthz, /readyz and the like, for people and scrapers.
//
// Small on purpose: one request per connection, few connections, a deadline on everything. Not for the public; the
// gateway's own clients are gateway/transport's.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/result.h"

namespace cell0 {

using AdminResponse = HttpResponse;

// Called on the io_context's thread for each GET or HEAD. `path` is decoded and normalised, `query` as sent
// (query_value() of url.h reads it).
using AdminHandler = std::function<AdminResponse(std::string_view path, std::string_view query)>;

struct AdminLimits {
  std::size_t connections_max = 32;       // more are closed at once
  std::size_t head_bytes_max = 8 * 1024;  // of a request
  std::chrono::milliseconds head_timeout{5000};
  std::chrono::milliseconds response_timeout{10000};
};

class AdminServer {
 public:
  // Binds and begins to accept. `host` is a numeric address; port 0 takes any. REQUIRES: io outlives the server.
  // kInvalid: not an address; kConflict: the port is taken; kUnavailable: this machine has no such address.
  static Result<std::unique_ptr<AdminServer>> create(asio::io_context& io, const std::string& host, std::uint16_t port,
                                                     AdminHandler handler, const AdminLimits& limits = {});
  ~AdminServer();  // closes the listener and drops what is open
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  std::uint16_t port() const;
  std::size_t connection_count() const;

 private:
  struct Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// {host, port} of "127.0.0.1:9600" or "[::1]:9600". kInvalid otherwise.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace cell0
