// A receiver of the stream with a connection of the gateway's transport. Dialects and commands are the derived classes'
// business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/receiver.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class Subscriber : public ConnectionUser, public Receiver {
 public:
  explicit Subscriber(Connection& connection) : Receiver(connection) {}
  Connection& connection() { return static_cast<Connection&>(outlet()); }
  const Connection& connection() const { return static_cast<const Connection&>(outlet()); }

  // Its place in the list of whoever owns it.
  std::size_t index() const { return index_; }
  void set_index(std::size_t index) { index_ = static_cast<std::uint32_t>(index); }

 private:
  std::uint32_t index_ = 0;
};

}  // namespace cell0::gateway
