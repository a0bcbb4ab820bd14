// History over the in-memory Store: scans in slices, so that none holds the loop for long.
//
// Between slices the store may grow and be trimmed: a scan keeps a seq, not a place. What is trimmed ahead of it is
// told by trimmed_through. One thread.
#pragma once

#include <asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "broker/history.h"
#include "broker/store.h"

namespace cell0::broker {

class HistoryScan {
 public:
  HistoryScan(const Store& store, HistoryQuery query);

  // Looks at up to `records_max` more events; true once the page is complete. One slice.
  bool step(std::size_t records_max);

  // The encoded v1::HistoryPage without its head. REQUIRES: step() said true.
  std::string take_page();

 private:
  bool find_begin(std::size_t& records_left);
  bool fill(std::size_t& records_left);
  bool take(const StoredEvent& event);
  void note_trimmed();

  const Store& store_;
  HistoryQuery query_;
  std::vector<RuleId> rules_;
  bool beginning_;  // still looking for where the newest `limit` begin
  Seq back_to_;     // while beginning: events above it have been counted
  std::uint64_t counted_ = 0;
  std::string page_;  // encoded HistoryPage.events
  std::size_t event_bytes_ = 0;
  std::uint64_t events_ = 0;
  Seq scanned_through_;
  Seq trimmed_through_;
  bool end_ = false;
};

class MemoryHistory final : public History {
 public:
  // Both outlive it.
  MemoryHistory(asio::io_context& io, const Store& store, std::size_t records_per_slice)
      : io_(io), store_(store), records_per_slice_(records_per_slice) {}
  ~MemoryHistory() override { *alive_ = false; }

  void page(HistoryQuery query, Done done) override;

 private:
  struct Open {
    HistoryScan scan;
    Done done;
  };
  void post_slice();
  void slice();

  asio::io_context& io_;
  const Store& store_;
  std::size_t records_per_slice_;
  std::list<Open> scans_;  // the next one's turn at the front
  bool posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for a slice posted before the destructor
};

}  // namespace cell0::broker
