// The broker's log, in this process: LogSequencer and LogHistory on their threads, with a loop of their own.
#pragma once

#include <asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "broker/log/log_history.h"
#include "broker/log/log_sequencer.h"
#include "broker/log/thread_worker.h"

namespace cell0::bench {

class StoredLog {
 public:
  static constexpr int kTypes = 20;  // "type.0" to "type.19", one after the other

  // Opens the log in `dir`; how long that took is open_seconds().
  explicit StoredLog(const std::filesystem::path& dir);
  ~StoredLog();

  double open_seconds() const { return open_seconds_; }
  std::uint64_t events() const { return sequencer_->kept().events; }
  Seq head() const { return sequencer_->head(); }

  // Appends `events` as one batch, and waits until it is committed; seconds.
  double commit(std::size_t events, v1::Durability durability);
  // One page, waited for.
  v1::HistoryPage page(const v1::HistoryRequest& request);
  // All events, page by page, undecoded; events per second.
  double replay_events_per_s();
  // The last 50 of a type, `count` times; seconds each.
  std::vector<double> last_50_seconds(std::size_t count);

 private:
  std::string encoded_page(const v1::HistoryRequest& request);
  void wait(const bool& done);

  std::filesystem::path dir_;
  asio::io_context io_{1};
  SystemClock clock_;
  broker::RuleTable rules_;
  broker::SeqReserveFile reserve_;
  std::unique_ptr<broker::ThreadWorker> writer_, reader_;
  std::unique_ptr<broker::LogSequencer> sequencer_;
  std::unique_ptr<broker::LogHistory> history_;
  double open_seconds_ = 0;
  std::uint64_t added_ = 0;
};

}  // namespace cell0::bench
