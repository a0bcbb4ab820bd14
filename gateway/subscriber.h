// What hangs on a connection: a client of the gateway, and the plain one that has a single subscription. What it asks
// is the derived classes' business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/receiver.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class Client : public ConnectionUser {
 public:
  explicit Client(Connection& connection) : connection_(connection) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Connection& connection() { return connection_; }
  const Connection& connection() const { return connection_; }

  // Its place in the list of whoever owns it.
  std::size_t index() const { return index_; }
  void set_index(std::size_t index) { index_ = static_cast<std::uint32_t>(index); }

 private:
  Connection& connection_;
  std::uint32_t index_ = 0;
};

class Subscriber : public Client, public Receiver {
 public:
  explicit Subscriber(Connection& connection) : Client(connection), Receiver(connection) {}
};

}  // namespace cell0::gateway
