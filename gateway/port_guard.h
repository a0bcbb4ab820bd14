// Several gateways share their ports by SO_REUSEPORT; two fabrics on one host must not mix that way.
//
// Each gateway marks each of its ports with a name in the abstract socket namespace that says whose it is; whoever
// comes to a port that is marked for another broker is refused. The marks vanish with the process, and are seen exactly
// where the ports are: in one network namespace.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace cell0::gateway {

class PortGuard {
 public:
  // `fabric`: what gateways of one fabric have in common, such as the broker's endpoint.
  explicit PortGuard(std::string fabric);
  ~PortGuard();
  PortGuard(const PortGuard&) = delete;
  PortGuard& operator=(const PortGuard&) = delete;

  // Marks the port. kConflict: a gateway of another fabric serves it; the text names its broker. Ports of 0 need none.
  Result<void> claim(std::uint16_t port);

 private:
  std::string fabric_;
  std::vector<int> marks_;
};

// The fabric of a mark for this port that is not `fabric`, out of the text of /proc/net/unix; empty if there is none.
std::string foreign_mark(std::string_view proc_net_unix, std::uint16_t port, std::string_view fabric);

}  // namespace cell0::gateway
