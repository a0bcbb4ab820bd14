// History over the log: pages out of short snapshots, on a worker of its own.
//
// Queries take turns, a slice each, so that none holds the others or, by its snapshot, the file's WAL. Between slices
// the log may grow and be trimmed: a scan keeps a seq, not a place; what is trimmed ahead of it is told.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/history.h"
#include "broker/log/run_marks.h"
#include "broker/rules.h"
#include "broker/worker.h"
#include "common/store/scan.h"

namespace cell0::broker {

// One query on its way to one page. Used by one thread at a time.
class PageScan {
 public:
  // `holes_through`: events that the filter admits may be missing up to there, whatever has been trimmed.
  PageScan(HistoryQuery query, std::vector<RuleId> rules, Seq holes_through);

  // Looks at up to `rows_max` more events; true once the page is complete.
  Result<bool> step(store::LogReader& reader, std::size_t rows_max);

  // The encoded v1::HistoryPage without its head. REQUIRES: step() said true.
  std::string take_page();

 private:
  Result<void> begin(store::LogReader& reader);
  Result<void> note_trimmed(store::LogReader& reader);
  Result<bool> find_begin(store::LogReader& reader, std::size_t& rows_left);
  Result<bool> fill(store::LogReader& reader, std::size_t& rows_left);
  Result<bool> take(store::LogReader& reader, const store::LogReader::Walk& at);

  HistoryQuery query_;
  store::RowFilter filter_;
  std::vector<RuleId> rules_;
  Seq holes_through_;
  bool begun_ = false;
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

class LogHistory final : public History {
 public:
  struct Options {
    std::filesystem::path path;
    std::size_t rows_per_slice = 16'384;  // some milliseconds
    std::string vfs;                      // see store::Database
  };

  // `rules` and `worker` outlive it; no job of it may run when it is destroyed.
  LogHistory(Options options, const RuleTable& rules, std::vector<Hole> holes, Worker& worker)
      : options_(std::move(options)), rules_(rules), holes_(std::move(holes)), worker_(worker) {}

  void page(HistoryQuery query, Done done) override;

 private:
  struct Open {
    PageScan scan;
    Done done;
  };

  void next();
  void slice();  // in a job
  void on_slice();

  Options options_;
  const RuleTable& rules_;
  std::vector<Hole> holes_;
  Worker& worker_;
  std::deque<std::unique_ptr<Open>> waiting_;  // the next one's turn at the front

  // The slice's that is under way.
  std::unique_ptr<Open> current_;
  Result<bool> complete_ = false;
  std::unique_ptr<store::LogReader> reader_;  // the jobs'; opened by the first, and anew after an error
};

}  // namespace cell0::broker
