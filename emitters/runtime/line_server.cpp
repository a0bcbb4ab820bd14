#include "emitters/runtime/line_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace cell0::emit {
namespace {

using asio::local::stream_protocol;

constexpr mode_t kSocketMode = 0660;

// Does somebody listen there?
bool answers(const std::string& path) {
  asio::io_context io;
  stream_protocol::socket probe(io);
  asio::error_code error;
  probe.connect(stream_protocol::endpoint(path), error);
  return !error;
}

// The directory of a socket that nobody has made yet, for its owner only. What fails here the bind will name.
void make_directory(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path directory = fs::path(path).parent_path();
  std::error_code ignored;
  if (directory.empty() || fs::exists(directory, ignored)) return;
  if (fs::create_directories(directory, ignored)) fs::permissions(directory, fs::perms::owner_all, ignored);
}

Result<void> clear_path(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return Error{ErrorCode::kConflict, path + ": exists and is not a socket"};
  if (answers(path)) return Error{ErrorCode::kConflict, path + ": another process listens there"};
  unlink(path.c_str());
  return {};
}

void reply(int fd, const Error& error) {
  const std::string text = "error: " + error.text + "\n";
  // Best effort: a peer that does not read its errors does not want them.
  static_cast<void>(::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace

Result<std::unique_ptr<LineServer>> LineServer::create(asio::io_context& io, const std::string& path,
                                                       std::size_t line_bytes_max, OnLine on_line) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{ErrorCode::kInvalid, path + ": longer than a unix socket's path may be (" +
                                          std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes)"};
  }
  make_directory(path);
  if (auto cleared = clear_path(path); !cleared) return cleared.error();
  std::unique_ptr<LineServer> server(new LineServer(io, path, line_bytes_max, std::move(on_line)));
  asio::error_code error;
  server->acceptor_.open(stream_protocol(), error);
  if (!error) server->acceptor_.bind(stream_protocol::endpoint(path), error);
  if (!error) server->acceptor_.listen(kConnectionsMax, error);
  if (error) return Error{ErrorCode::kInternal, path + ": " + error.message()};
  chmod(path.c_str(), kSocketMode);
  server->accept();
  return server;
}

LineServer::LineServer(asio::io_context& io, std::string path, std::size_t line_bytes_max, OnLine on_line)
    : io_(io), path_(std::move(path)), line_bytes_max_(line_bytes_max), on_line_(std::move(on_line)), acceptor_(io) {}

LineServer::~LineServer() {
  *alive_ = false;
  if (!acceptor_.is_open()) return;
  unlink(path_.c_str());
}

void LineServer::accept() {
  if (accepting_ || peers_.size() >= kConnectionsMax) return;
  accepting_ = true;
  acceptor_.async_accept([this, alive = alive_](const asio::error_code& error, stream_protocol::socket peer) {
    if (!*alive) return;
    accepting_ = false;
    if (!error) on_peer(peer.release());
    accept();
  });
}

void LineServer::on_peer(int fd) {
  const auto place = peers_.emplace(peers_.end());
  *place = std::make_unique<LineReader>(
      io_, fd, line_bytes_max_,
      [this, fd](const LineSplitter::Line& line) {
        if (auto taken = on_line_(line); !taken) reply(fd, taken.error());
      },
      [this, place] {
        peers_.erase(place);
        accept();
      });
}

}  // namespace cell0::emit
