// The marks that keep two fabrics from sharing a port.
#include "gateway/port_guard.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

constexpr char kTable[] =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "ffff8881: 00000002 00000000 00000000 0002 01 17042 @cell0-gateway-port/8080/ours/100\n"
    "ffff8882: 00000002 00000000 00000000 0002 01 17043 @cell0-gateway-port/8080/ours/101\n"
    "ffff8883: 00000002 00000000 00010000 0001 01 17044 /run/dbus/system_bus_socket\n"
    "ffff8884: 00000002 00000000 00000000 0002 01 17045 @cell0-gateway-port/18080/theirs/102\n"
    "ffff8885: 00000002 00000000 00000000 0002 01 17046 @cell0-gateway-port/8765/ours/100\n"
    "ffff8886: 00000002 00000000 00000000 0002 01 17047 @cell0-gateway-port/8765/theirs/103\n"
    "ffff8887: 00000002 00000000 00000000 0002 01 17048\n";

// Of this test alone: a port that no gateway has, for nothing is bound to it.
std::string fabric(const std::string& name) { return name + "-" + std::to_string(::getpid()); }

}  // namespace

TEST_CASE("a mark of another fabric on the same port is found, wherever it stands") {
  struct Row {
    const char* why;
    std::uint16_t port;
    const char* fabric;
    const char* found;
  };
  const Row rows[] = {
      {"the second mark is another's", 8765, "ours", "theirs"},
      {"the first mark is another's", 8765, "theirs", "ours"},
      {"neither is ours", 8080, "third", "ours"},
      {"a longer name is another", 8080, "our", "ours"},
      {"all marks are ours", 8080, "ours", ""},
      {"a port that ends alike is another", 808, "ours", ""},
      {"nobody has the port", 9999, "ours", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(foreign_mark(kTable, row.port, row.fabric) == row.found);
  }
  CHECK(foreign_mark("", 8080, "ours") == "");
}

TEST_CASE("gateways of one fabric share a port; one of another is refused and told whose it is") {
  const std::uint16_t port = 1;  // marked, never bound
  PortGuard first(fabric("tcp://127.0.0.1:5552"));
  REQUIRE(first.claim(port).ok());
  {
    PortGuard second(fabric("tcp://127.0.0.1:5552"));  // in the same process, or a namespace with the same pid
    CHECK(second.claim(port).ok());
  }
  PortGuard foreign(fabric("tcp://127.0.0.1:6666"));
  const auto refused = foreign.claim(port);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kConflict);
  CHECK(refused.error().text.find(fabric("tcp://127.0.0.1:5552")) != std::string::npos);
  CHECK(foreign.claim(2).ok());
}

TEST_CASE("a mark vanishes with its gateway") {
  const std::uint16_t port = 3;
  { CHECK(PortGuard(fabric("a")).claim(port).ok()); }
  PortGuard later(fabric("b"));
  CHECK(later.claim(port).ok());
}

TEST_CASE("a port that the system chooses needs no mark, and any fabric's name makes one") {
  PortGuard guard(std::string(500, 'x') + " /\n\x01");
  CHECK(guard.claim(0).ok());
  CHECK(guard.claim(4).ok());
}
