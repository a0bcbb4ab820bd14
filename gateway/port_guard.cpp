#include "gateway/port_guard.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "common/topic.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kFabricBytesMax = 60;  // of a socket's name of 107 bytes
constexpr int kMarksMax = 1000;              // gateways of one fabric and process id on one port

std::string mark_prefix(std::uint16_t port) { return "cell0-gateway-port/" + std::to_string(port) + "/"; }

// Endpoints as one word: marks are read back from a table of lines and blanks.
std::string word_of(const std::string& fabric) {
  auto word = topic_part(fabric);
  return word ? word->substr(0, kFabricBytesMax) : "unnamed";
}

// 0, or errno.
int bind_mark(int mark, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), size);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  return ::bind(mark, reinterpret_cast<const sockaddr*>(&address), length) == 0 ? 0 : errno;
}

}  // namespace

PortGuard::PortGuard(std::string fabric) : fabric_(word_of(fabric)) {}

PortGuard::~PortGuard() {
  for (const int mark : marks_) ::close(mark);
}

std::string foreign_mark(std::string_view table, std::uint16_t port, std::string_view fabric) {
  const std::string prefix = "@" + mark_prefix(port);
  for (auto at = table.find(prefix); at != std::string_view::npos; at = table.find(prefix, at + 1)) {
    const std::string_view rest = table.substr(at + prefix.size());
    const std::string_view owner = rest.substr(0, rest.find('/'));
    if (owner != fabric) return std::string(owner);
  }
  return {};
}

Result<void> PortGuard::claim(std::uint16_t port) {
  if (port == 0) return {};
  const int mark = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (mark < 0) return Error{ErrorCode::kInternal, std::string("socket: ") + std::strerror(errno)};
  marks_.push_back(mark);
  // Containers may share the host's ports, but each has a process 1: then the name is taken, and another one is as
  // good.
  const std::string name = mark_prefix(port) + fabric_ + "/" + std::to_string(::getpid());
  int error = bind_mark(mark, name);
  for (int more = 1; error == EADDRINUSE && more < kMarksMax; ++more) {
    error = bind_mark(mark, name + "." + std::to_string(more));
  }
  if (error != 0) {
    return Error{ErrorCode::kInternal, "cannot mark port " + std::to_string(port) + ": " + std::strerror(error)};
  }
  std::ifstream file("/proc/net/unix");
  std::ostringstream table;
  table << file.rdbuf();
  const std::string owner = foreign_mark(table.str(), port, fabric_);
  if (owner.empty()) return {};
  return Error{ErrorCode::kConflict, "port " + std::to_string(port) + " is served by a gateway of another broker (" +
                                         topic_part_name(owner) + "); move this one to another port"};
}

}  // namespace cell0::gateway
