// The parts of a Connection that exist only while they are needed. For connection*.cpp and server.cpp only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/http/request_parser.h"
#include "gateway/transport/blob.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

inline constexpr std::size_t kReadBufferBytes = 64 * 1024;

struct Connection::Input {
  std::unique_ptr<RequestParser> parser;  // while a request is incomplete
  std::string stash;                      // bytes behind a request that is unanswered, or behind a full reply queue

  bool empty() const { return parser == nullptr && stash.empty(); }
};

// The blob goes first: it was begun before anything else could be queued.
struct Connection::Output {
  BlobPtr blob;
  std::size_t blob_done = 0;
  std::string bytes;
  std::size_t bytes_done = 0;

  std::size_t replies_pending() const { return bytes.size() - bytes_done; }
  std::size_t pending() const { return blob.size() - blob_done + replies_pending(); }
};

}  // namespace cell0::gateway
