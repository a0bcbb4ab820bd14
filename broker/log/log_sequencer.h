// Orders events by itself and keeps them in the log: one commit in flight, on a worker (design, section 2).
//
// While the disk is full, commits fail with kFull and nothing of them is kept: the ballast is given back, the WAL is
// emptied, and the oldest events are dropped until the file has room inside; then it goes on by itself. After an I/O
// error the file is closed; the next attempt opens it anew and first undoes what the failed commit may have left, for
// everybody was told that it had failed. Batches of only ephemeral events never touch the disk.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/ballast.h"
#include "broker/log/log_writer.h"
#include "broker/seq_source.h"
#include "broker/sequencer.h"
#include "broker/worker.h"
#include "common/clock.h"

namespace cell0::broker {

struct LogFigures {
  std::uint64_t events = 0;  // stored
  std::uint64_t bytes = 0;   // of them, with Retention::kEventBytes for each
  std::uint64_t file_bytes = 0;
  std::uint64_t wal_bytes = 0;
  std::uint64_t trimmed_events = 0;  // since the start
  std::uint64_t commits = 0;
  std::uint64_t commits_failed = 0;
  std::uint64_t reopened = 0;
  bool ballast = true;  // there
};

class LogSequencer final : public Sequencer {
 public:
  struct Options {
    LogOptions log;
    std::filesystem::path ballast;
    std::uint64_t ballast_bytes = 0;  // 0: none
    std::uint64_t seq_block = 1u << 20;
    std::size_t trim_rows = 1024;  // looked at in one go while there is nothing else to do
  };

  // Opens the log, reserves the first seqs and records the start. Blocks. Errors: as LogWriter::open and
  // SeqSource::create. `reserve`, `rules`, `worker` and `clock` outlive it; no job of it may run when it is destroyed.
  static Result<std::unique_ptr<LogSequencer>> create(Options options, const RuleTable& rules, SeqReserve& reserve,
                                                      Worker& worker, const Clock& clock);

  // What earlier runs noted; once, at the start.
  const Restored& restored() const { return restored_; }
  void forget_restored() { restored_ = {}; }
  const std::vector<Hole>& holes() const { return holes_; }

  void on_committed(OnCommitted handler) override { on_committed_ = std::move(handler); }
  void append(std::unique_ptr<Drafts> drafts, WallTime now, Done done) override;
  bool busy() const override { return busy_; }
  std::string trouble() const override { return trouble_; }
  Seq start() const override { return start_; }
  Seq head() const override { return head_; }
  Kept kept() const override { return {figures_.events, figures_.bytes}; }

  // How long a commit took, and how many events it had.
  void on_commit_measured(std::function<void(Duration took, std::size_t events)> handler) {
    on_measured_ = std::move(handler);
  }
  // Something that the operator should know: a line for the log.
  void on_notice(std::function<void(const std::string& text)> handler) { on_notice_ = std::move(handler); }

  // Trims, forgets what is old, makes the ballast, tries whether a trouble is over. To be called about once a second.
  void keep_house();

  // Marks the log as ended cleanly and closes it; then calls `done`. REQUIRES: !busy(); no append() after it.
  void close(std::function<void()> done);

  const LogFigures& figures() const { return figures_; }

 private:
  LogSequencer(Options options, const RuleTable& rules, SeqSource seqs, std::unique_ptr<LogWriter> writer,
               Worker& worker, const Clock& clock)
      : options_(std::move(options)),
        rules_(rules),
        worker_(worker),
        clock_(clock),
        start_(seqs.start()),
        head_(seqs.start().prev()),
        ballast_(options_.ballast, options_.ballast_bytes),
        seqs_(std::move(seqs)),
        writer_(std::move(writer)) {}

  // What a job leaves for the loop.
  struct Outcome {
    std::string trouble;
    std::vector<std::string> notices;
    LogFigures figures;
    bool more_to_trim = false;
  };

  // ---- in jobs of the worker
  Result<void> commit();
  Result<void> number();
  void after_failure(const Error& error, bool of_commit);
  Result<void> reopen();
  void make_room();
  Result<bool> housekeeping();
  void measure(bool files);
  void leave(Outcome& outcome);

  // ---- on the loop
  void settle();
  void take_over(const Outcome& outcome);

  Options options_;
  const RuleTable& rules_;
  Worker& worker_;
  const Clock& clock_;
  Seq start_;

  // The loop's.
  OnCommitted on_committed_;
  std::function<void(Duration, std::size_t)> on_measured_;
  std::function<void(const std::string&)> on_notice_;
  Restored restored_;
  std::vector<Hole> holes_;
  Seq head_;
  bool busy_ = false;
  bool keeping_house_ = false;
  bool closed_ = false;
  std::string trouble_;
  LogFigures figures_;

  // The append that is under way: the job's until it is done.
  std::unique_ptr<Drafts> drafts_;
  WallTime now_{};
  Done done_;
  Result<void> result_;
  Duration took_{};

  // The jobs'; jobs run one after the other. seqs_ is the loop's while !busy_.
  Ballast ballast_;
  SeqSource seqs_;
  std::unique_ptr<LogWriter> writer_;  // null: closed after an I/O error
  std::optional<Doubt> doubt_;
  MonoTime reopen_at_{};
  Duration reopen_wait_{};
  WallTime expired_{};
  std::string job_trouble_;
  std::vector<std::string> job_notices_;
  LogFigures job_figures_;
};

}  // namespace cell0::broker
