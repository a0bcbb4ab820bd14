// What the stream is written to: a Connection, or a model of one in the simulator.
#pragma once

#include <cstddef>

#include "gateway/transport/blob.h"

namespace cell0::gateway {

class Outlet {
 public:
  // True if nothing waits for the socket: neither the rest of a blob, nor replies, nor a full socket.
  virtual bool idle() const = 0;

  // Writes shared, framed bytes at once. REQUIRES: idle(). Returns how many the kernel took, 0 to blob.size(). If it
  // took some, the rest is kept by reference and follows by itself; if none, the blob is not kept. Whenever less than
  // all was taken, the owner is told (Handler::on_writable) as soon as the socket has room again. 0 also if the
  // connection just ended.
  virtual std::size_t write_blob(const BlobPtr& blob) = 0;

 protected:
  virtual ~Outlet() = default;
};

}  // namespace cell0::gateway
