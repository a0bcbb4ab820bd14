// Follower: the broker's chain of batches read in order, with history for the gaps; for `cell0 sub`.
//
// Pure: batches and pages in, events and questions out. While a question is open, batches wait, up to kHeldBytesMax; if
// they are more they are let go, and the next batch shows a gap again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "cell0/v1/control.pb.h"

namespace cell0::cli {

class Follower {
 public:
  static constexpr std::size_t kHeldBytesMax = 64u << 20;

  struct Question {  // history in (since, through]
    std::uint64_t since = 0;
    std::uint64_t through = 0;
  };
  struct Handlers {
    std::function<void(const v1::Delivered&)> on_event;                    // in order, each once
    std::function<void(std::uint64_t from, std::uint64_t to)> on_missing;  // events in there may be lost
  };

  // `since`: begin after that seq; nothing: with the first batch.
  Follower(std::optional<std::uint64_t> since, Handlers handlers);

  void on_batch(v1::Batch batch);

  // What to ask the broker, once: until on_page or on_failure it stays open.
  std::optional<Question> take_question();
  void on_page(const v1::HistoryPage& page);
  // The broker did not answer: what the question is about is missing.
  void on_failure();

  bool began() const { return last_.has_value() && seen_batch_; }

 private:
  void work_off();
  void take(const v1::Batch& batch);
  void close_question();

  Handlers handlers_;
  std::optional<std::uint64_t> last_;  // printed, or known to be missing, up to here
  bool seen_batch_ = false;
  std::deque<v1::Batch> held_;
  std::size_t held_bytes_ = 0;
  std::optional<Question> question_;
  bool asked_ = false;
  bool trimmed_told_ = false;  // of this question
};

}  // namespace cell0::cli
