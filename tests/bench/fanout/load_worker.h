// One thread's share of the load client: WebSocket connections on an epoll of its own, what they receive counted.
//
// A client of its own on purpose: it shares no code with the gateway that it measures.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/fanout/latency.h"

namespace cell0::bench {

struct Target {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string host;  // for the Host header
};

struct LoadSettings {
  std::vector<Target> targets;  // connections go round
  std::string path = "/";
  std::string protocols;                       // Sec-WebSocket-Protocol, "" for none
  std::vector<std::string> first_messages;     // sent by each connection once it is open
  std::string match = "{\"type\":\"event\",";  // what a frame must hold to be an event; "" for every frame
  std::string latency_key = "sent_us";         // "timestamp": an ISO 8601 string; "" for none
  double handshakes_per_second = 2000;         // of this worker
  std::size_t ports_per_address = 20'000;      // of ours: then 127.0.0.2 and so on, or local ports run out
};

// What a worker has seen. Counted only while measuring, but for `open`, `failed` and `closed`.
struct LoadCounts {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t duplicates = 0;  // a seq that is not above the one before it on that connection
  std::uint64_t gaps = 0;        // a seq that is more than one above it: only an error if the stream has no others
  std::uint64_t protocol_errors = 0;
  LatencyHistogram latency;
  std::map<std::uint16_t, std::uint64_t> closed;  // by close code; 1006 if the socket just ended
};

class LoadWorker {
 public:
  // `connections` in all, the last `stalled` of which never read once they are open.
  LoadWorker(const LoadSettings& settings, std::size_t connections, std::size_t stalled, std::size_t first_index);
  ~LoadWorker();
  LoadWorker(const LoadWorker&) = delete;
  LoadWorker& operator=(const LoadWorker&) = delete;

  // Runs until `stop`. Counts while `measuring`.
  void run(const std::atomic<bool>& measuring, const std::atomic<bool>& stop);

  // For other threads, at any time.
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }
  std::size_t failed() const { return failed_.load(std::memory_order_relaxed); }
  std::uint64_t events() const { return events_.load(std::memory_order_relaxed); }

  // After run().
  const LoadCounts& counts() const { return counts_; }
  // Events and a digest of their seqs, per connection that was open and read: equal for all if all saw the same.
  struct Stream {
    std::uint64_t events;
    std::uint64_t digest;
    auto operator<=>(const Stream&) const = default;
  };
  std::vector<Stream> streams() const;

 private:
  enum class State : std::uint8_t { kConnecting, kUpgrading, kOpen, kStalled, kClosed };
  struct Client {
    int fd = -1;
    State state = State::kConnecting;
    bool stalls = false;
    bool was_open = false;
    std::uint64_t last_seq = 0;
    std::uint64_t events = 0;
    std::uint64_t digest = 0;
    std::string partial;  // of a frame or the response head
  };

  void connect_due();
  void connect(Client& client, std::size_t index);
  void on_ready(Client& client, std::uint32_t events);
  void on_connected(Client& client);
  void on_readable(Client& client);
  void on_bytes(Client& client, const char* bytes, std::size_t count);
  std::size_t take_head(Client& client, std::string_view bytes);
  std::size_t take_frame(Client& client, std::string_view bytes);
  void on_frame(Client& client, unsigned opcode, std::string_view payload);
  void on_event(Client& client, std::string_view text);
  void send(Client& client, unsigned opcode, std::string_view payload);
  void drop(Client& client, std::uint16_t close_code);

  const LoadSettings& settings_;
  const std::string latency_key_;  // with its quotes and colon
  const std::size_t first_index_;
  std::vector<Client> clients_;
  std::size_t started_ = 0;
  std::chrono::steady_clock::time_point begin_;
  int epoll_ = -1;
  bool measuring_ = false;
  std::int64_t now_us_ = 0;  // wall clock, as of the last read
  std::unique_ptr<char[]> buffer_;
  LoadCounts counts_;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> failed_{0};
  std::atomic<std::uint64_t> events_{0};
};

// The value of the last `"seq":N` in a message; 0 if there is none.
std::uint64_t seq_of(std::string_view text);

// Unix microseconds behind `quoted_key` ("\"sent_us\":"): a number, or a string such as "2026-01-01T00:00:00.000000Z".
// 0 if there are none.
std::int64_t time_of(std::string_view text, std::string_view quoted_key);

}  // namespace cell0::bench
