// The broker's chain of batches, read without a hole: finds gaps, holds delivery while they are repaired from history,
// and says what is lost when they cannot be (design: "One chain", "broker → gateway").
//
// Pure: batches, pages and times in; events, holes and questions out. broker_link owns the sockets.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "gateway/event.h"

namespace cell0::gateway {

struct ChainLimits {
  Duration hold_max = std::chrono::seconds(10);
  std::size_t hold_bytes_max = 64u << 20;
};

// What lies in (since, through] is missing and should be asked for.
struct Missing {
  Seq since;
  Seq through;
};

class ChainReader {
 public:
  explicit ChainReader(const ChainLimits& limits) : limits_(limits) {}

  // A batch from the fanout. What can be delivered now is appended to `out`, in order.
  void on_batch(v1::Batch batch, MonoTime now, std::vector<EventPtr>& out);

  // The answer to `asked`, which missing() gave, or the next page of it. What of it is no longer missing is ignored.
  void on_page(const Missing& asked, const v1::HistoryPage& page, MonoTime now, std::vector<EventPtr>& out);

  // Gives up a repair that takes too long: a hole instead. Call about once a second.
  void on_tick(MonoTime now, std::vector<EventPtr>& out);

  // What to ask the broker for next, if a gap is open.
  std::optional<Missing> missing() const;

  // Starts at `last` as if everything up to it had been delivered: the start of a gateway. Batches held since then
  // follow.
  void start_at(Seq last, MonoTime now, std::vector<EventPtr>& out);
  bool started() const { return started_; }

  // The first batch that was seen before start_at(): what to load history up to. Empty until one came.
  std::optional<Seq> first_prev() const;

  Seq last() const { return last_; }  // delivered or told up to here
  std::size_t held_bytes() const { return held_bytes_; }
  std::uint64_t gaps() const { return gaps_; }
  std::uint64_t undecodable() const { return undecodable_; }

 private:
  void hold(v1::Batch batch, MonoTime now);
  void deliver(const v1::Batch& batch, std::vector<EventPtr>& out);
  void release(MonoTime now, std::vector<EventPtr>& out);
  void lose(Seq through, SkipReason reason, std::vector<EventPtr>& out);
  void push(const v1::Delivered& delivered, std::vector<EventPtr>& out);

  ChainLimits limits_;
  bool started_ = false;
  Seq last_;
  std::deque<v1::Batch> held_;  // since the gap, in order
  std::size_t held_bytes_ = 0;
  MonoTime held_since_;
  std::uint64_t gaps_ = 0;
  std::uint64_t undecodable_ = 0;
};

}  // namespace cell0::gateway
