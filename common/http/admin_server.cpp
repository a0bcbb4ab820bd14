#include "common/http/admin_server.h"

#include <algorithm>
#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "common/http/request_parser.h"

namespace cell0 {
namespace {

using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptRetry{200};  // accept() lacked a resource: without a pause it would spin

ErrorCode code_of(const asio::error_code& error) {
  if (error == asio::error::address_in_use) return ErrorCode::kConflict;
  if (error == asio::error::access_denied) return ErrorCode::kForbidden;
  return ErrorCode::kUnavailable;
}

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, AdminHandler answer, const AdminLimits& given)
      : acceptor(io), retry(io), handler(std::move(answer)), limits(given) {}

  struct Session;

  Result<void> open(const std::string& host, std::uint16_t port);
  void accept();
  void accept_later();
  void close();

  tcp::acceptor acceptor;
  asio::steady_timer retry;
  AdminHandler handler;
  const AdminLimits limits;
  std::vector<std::weak_ptr<Session>> sessions;
  std::size_t session_count = 0;
};

// One connection: a request, its answer, the end. Its operations keep it alive.
struct AdminServer::Impl::Session : std::enable_shared_from_this<Session> {
  Session(std::shared_ptr<Impl> owner, tcp::socket accepted)
      : server(std::move(owner)),
        socket(std::move(accepted)),
        timer(socket.get_executor()),
        parser({server->limits.head_bytes_max, RequestLimits{}.headers_max, 0}) {
    ++server->session_count;
  }
  ~Session() { --server->session_count; }

  void start() {
    arm(server->limits.head_timeout);
    read();
  }

  void arm(std::chrono::milliseconds timeout) {
    timer.expires_after(timeout);
    timer.async_wait([weak = weak_from_this()](const asio::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->close();
    });
  }

  void close() {
    asio::error_code ignored;
    timer.cancel();
    socket.close(ignored);
  }

  void read() {
    socket.async_read_some(
        asio::buffer(buffer), [self = shared_from_this()](const asio::error_code& error, std::size_t n) {
          if (error) return self->close();
          self->parser.feed({self->buffer.data(), n});
          if (self->parser.state() == RequestParser::State::kDone) return self->respond(self->parser.take());
          if (self->parser.state() == RequestParser::State::kFailed) {
            const std::string text(self->parser.error_text());
            return self->send({self->parser.error_status(), "text/plain; charset=utf-8", text + "\n", {}}, false);
          }
          self->read();
        });
  }

  void respond(const HttpRequest& request) {
    const bool head = request.method == "HEAD";
    if (!head && request.method != "GET") {
      return send({405, "text/plain; charset=utf-8", "only GET and HEAD\n", {{"Allow", "GET, HEAD"}}}, false);
    }
    send(server->handler(request.path, request.query), head);
  }

  void send(const AdminResponse& response, bool head) {
    append_http_response(output, response, {head, false, false}, "");
    arm(server->limits.response_timeout);
    asio::async_write(socket, asio::buffer(output),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (error) return self->close();
                        asio::error_code ignored;
                        self->socket.shutdown(tcp::socket::shutdown_send, ignored);
                        self->drain();
                      });
  }

  // Closing with unread input would reset the connection and could destroy the answer.
  void drain() {
    socket.async_read_some(asio::buffer(buffer),
                           [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                             return error ? self->close() : self->drain();
                           });
  }

  std::shared_ptr<Impl> server;
  tcp::socket socket;
  asio::steady_timer timer;
  RequestParser parser;
  std::string output;
  std::array<char, 4096> buffer{};
};

Result<void> AdminServer::Impl::open(const std::string& host, std::uint16_t port) {
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return Error{ErrorCode::kInvalid, host + " is not an address; write one such as 127.0.0.1"};
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return Error{code_of(error), "cannot listen on " + host + " port " + std::to_string(port) + ": " + error.message()};
}

void AdminServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (error) return self->accept_later();
    if (self->session_count < self->limits.connections_max) {
      auto session = std::make_shared<Session>(self, std::move(socket));
      std::erase_if(self->sessions, [](const auto& weak) { return weak.expired(); });
      self->sessions.push_back(session);
      session->start();
    }
    self->accept();
  });
}

void AdminServer::Impl::accept_later() {
  retry.expires_after(kAcceptRetry);
  retry.async_wait([self = shared_from_this()](const asio::error_code& error) {
    if (!error && self->acceptor.is_open()) self->accept();
  });
}

void AdminServer::Impl::close() {
  asio::error_code ignored;
  acceptor.close(ignored);
  retry.cancel();
  for (const auto& weak : sessions) {
    if (const auto session = weak.lock()) session->close();
  }
}

Result<std::unique_ptr<AdminServer>> AdminServer::create(asio::io_context& io, const std::string& host,
                                                         std::uint16_t port, AdminHandler handler,
                                                         const AdminLimits& limits) {
  auto impl = std::make_shared<Impl>(io, std::move(handler), limits);
  if (auto opened = impl->open(host, port); !opened) return opened.error();
  impl->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

AdminServer::AdminServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() { impl_->close(); }

std::uint16_t AdminServer::port() const {
  asio::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

std::size_t AdminServer::connection_count() const { return impl_->session_count; }

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&] {
    return Error{ErrorCode::kInvalid,
                 "\"" + std::string(text) + "\" is not an address and port; write one such as 127.0.0.1:9600"};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return wrong();
  HostPort out{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size()) return wrong();
  return out;
}

}  // namespace cell0
