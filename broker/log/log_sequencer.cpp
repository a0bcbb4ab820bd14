#include "broker/log/log_sequencer.h"

#include <algorithm>

namespace cell0::broker {
namespace {

constexpr Duration kReopenWaitMin = std::chrono::milliseconds(100);
constexpr Duration kReopenWaitMax = std::chrono::seconds(10);
constexpr Duration kExpireInterval = std::chrono::minutes(1);
constexpr std::size_t kExpireRows = 10'000;
constexpr std::size_t kMakeRoomRows = 256;  // in one transaction while the disk is full
constexpr int kMakeRoomRounds = 200;
constexpr std::uint64_t kMakeRoomMin = 1 << 20;

std::uint64_t size_of(std::filesystem::path path, const char* suffix) {
  path += suffix;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// Nothing of the transaction is kept, and the file is as good as before.
bool is_clean(ErrorCode code) { return code == ErrorCode::kFull || code == ErrorCode::kUnavailable; }

}  // namespace

Result<std::unique_ptr<LogSequencer>> LogSequencer::create(Options options, const RuleTable& rules, SeqReserve& reserve,
                                                           Worker& worker, const Clock& clock) {
  const auto reserved = reserve.load();
  if (!reserved) return reserved.error();
  auto writer = LogWriter::open(options.log, rules, *reserved);
  if (!writer) return writer.error();
  RunMarks& marks = (*writer)->marks();
  if (auto announced = marks.announce(); !announced) return announced.error();
  auto seqs = SeqSource::create(reserve, marks.last_known(), clock.wall(), options.seq_block);
  if (!seqs) return seqs.error();
  if (auto begun = marks.begin(seqs->start(), seqs->reserved(), clock.wall()); !begun) return begun.error();
  auto restored = (*writer)->restore();
  if (!restored) return restored.error();
  std::unique_ptr<LogSequencer> made(
      new LogSequencer(std::move(options), rules, std::move(*seqs), std::move(*writer), worker, clock));
  made->restored_ = std::move(*restored);
  made->holes_ = made->writer_->marks().holes();
  (void)made->ballast_.make();  // without it the log does as well, as long as the disk is not full
  made->measure(true);
  made->figures_ = made->job_figures_;
  return made;
}

void LogSequencer::append(std::unique_ptr<Drafts> drafts, WallTime now, Done done) {
  CELL0_CHECK(!busy_ && !closed_ && (!drafts->empty() || !drafts->notes.empty()));
  busy_ = true;
  drafts_ = std::move(drafts);
  now_ = now;
  done_ = std::move(done);
  if (!touches_log(*drafts_) && seqs_.ready(drafts_->size())) {
    result_ = number();
    settle();
    return;
  }
  const auto outcome = std::make_shared<Outcome>();
  worker_.run(
      [this, outcome] {
        result_ = commit();
        leave(*outcome);
      },
      [this, outcome] {
        if (on_measured_ && result_ && touches_log(*drafts_)) on_measured_(took_, drafts_->size());
        take_over(*outcome);
        settle();
      });
}

// ---- in jobs of the worker

Result<void> LogSequencer::number() {
  if (drafts_->empty()) {
    drafts_->number(seqs_.next());
    return {};
  }
  const auto first = seqs_.take(drafts_->size());
  if (!first) return first.error();
  drafts_->number(*first);
  return {};
}

Result<void> LogSequencer::commit() {
  const MonoTime began = clock_.mono();
  if (auto opened = reopen(); !opened) return opened;
  if (auto numbered = number(); !numbered) {
    job_trouble_ = numbered.error().text;
    return numbered;
  }
  if (!touches_log(*drafts_)) return {};  // it only needed seqs of a new reservation
  auto done = writer_->commit(*drafts_, now_, seqs_.reserved());
  if (done) {
    job_trouble_ = seqs_.trouble();
    ++job_figures_.commits;
  } else {
    ++job_figures_.commits_failed;
    after_failure(done.error(), true);
  }
  measure(false);
  took_ = clock_.mono() - began;
  return done;
}

void LogSequencer::after_failure(const Error& error, bool of_commit) {
  job_trouble_ = (error.code == ErrorCode::kFull ? "full: " : "") + error.text;
  if (is_clean(error.code)) {
    if (of_commit && !drafts_->empty()) seqs_.give_back(drafts_->first());
    if (error.code == ErrorCode::kFull) make_room();
    return;
  }
  if (of_commit) doubt_ = writer_->doubt(*drafts_);
  writer_.reset();
  reopen_wait_ = kReopenWaitMin;
  reopen_at_ = clock_.mono() + reopen_wait_;
  job_notices_.push_back("the log is closed after an error, and will be opened anew: " + error.text);
}

Result<void> LogSequencer::reopen() {
  if (writer_) return {};
  const auto closed = [this] { return Error{ErrorCode::kUnavailable, "the log is closed: " + job_trouble_}; };
  if (clock_.mono() < reopen_at_) return closed();
  reopen_wait_ = std::min(reopen_wait_ * 2, kReopenWaitMax);
  reopen_at_ = clock_.mono() + reopen_wait_;
  auto writer = LogWriter::open(options_.log, rules_, Seq{});
  Result<void> undone;
  if (writer && doubt_) undone = (*writer)->undo(*doubt_, clock_.wall());
  if (!writer || !undone) {
    job_trouble_ = writer ? undone.error().text : writer.error().text;
    return closed();
  }
  writer_ = std::move(*writer);
  doubt_.reset();
  job_trouble_.clear();
  ++job_figures_.reopened;
  job_notices_.emplace_back("the log is open again");
  return {};
}

// The disk is full: room for the WAL out of the ballast, and room for events inside the file.
void LogSequencer::make_room() {
  if (ballast_.bytes() > 0 && ballast_.there()) {
    job_notices_.emplace_back("the disk is full: the ballast is given back, and the oldest events go");
  }
  if (ballast_.bytes() > 0) ballast_.give_back();
  (void)writer_->checkpoint();  // if it fails the WAL stays as long as it is
  // An eighth of the file: when the disk is full of something else, more would not help.
  const std::uint64_t wanted = std::max(ballast_.bytes(), kMakeRoomMin);
  const auto enough = static_cast<std::int64_t>(std::min(wanted, size_of(options_.log.path, "") / 8));
  for (int round = 0; round < kMakeRoomRounds; ++round) {
    const auto free = writer_->free_bytes();
    if (!free || *free >= enough || writer_->events() == 0) return;
    if (auto trimmed = writer_->trim_oldest(kMakeRoomRows); !trimmed) return;
  }
}

Result<bool> LogSequencer::housekeeping() {
  if (!job_trouble_.empty()) {
    if (auto probed = writer_->probe(clock_.wall()); !probed) return probed.error();
    job_trouble_ = seqs_.trouble();
  }
  (void)ballast_.make();
  if (clock_.wall() - expired_ > kExpireInterval) {
    expired_ = clock_.wall();
    if (auto expired = writer_->expire(expired_, kExpireRows); !expired) return expired.error();
  }
  return writer_->trim(clock_.wall(), options_.trim_rows);
}

void LogSequencer::measure(bool files) {
  if (writer_) {
    job_figures_.events = writer_->events();
    job_figures_.bytes = writer_->bytes();
    job_figures_.trimmed_events = writer_->trimmed_events();
  }
  if (!files) return;
  job_figures_.ballast = ballast_.there();
  job_figures_.file_bytes = size_of(options_.log.path, "");
  job_figures_.wal_bytes = size_of(options_.log.path, "-wal");
}

void LogSequencer::leave(Outcome& outcome) {
  outcome.trouble = job_trouble_;
  outcome.notices = std::exchange(job_notices_, {});
  outcome.figures = job_figures_;
}

// ---- on the loop

void LogSequencer::take_over(const Outcome& outcome) {
  trouble_ = outcome.trouble;
  figures_ = outcome.figures;
  for (const std::string& notice : outcome.notices) {
    if (on_notice_) on_notice_(notice);
  }
}

void LogSequencer::settle() {
  auto drafts = std::move(drafts_);
  const Done done = std::move(done_);
  const Result<void> result = std::move(result_);
  if (result) {
    if (!drafts->empty()) head_ = drafts->last();
    on_committed_(*drafts);
  }
  busy_ = false;
  done(std::move(drafts), result);
}

void LogSequencer::keep_house() {
  if (keeping_house_ || closed_) return;
  keeping_house_ = true;
  const auto outcome = std::make_shared<Outcome>();
  worker_.run(
      [this, outcome] {
        if (reopen()) {
          const auto more = housekeeping();
          outcome->more_to_trim = more && *more;
          if (!more) after_failure(more.error(), false);
        }
        measure(true);
        leave(*outcome);
      },
      [this, outcome] {
        keeping_house_ = false;
        take_over(*outcome);
        if (outcome->more_to_trim) keep_house();
      });
}

void LogSequencer::close(std::function<void()> done) {
  CELL0_CHECK(!busy_ && !closed_);
  closed_ = true;
  worker_.run(
      [this] {
        if (!writer_) return;
        (void)writer_->marks().end();  // without it the next start takes the end for an unclean one
        (void)writer_->checkpoint();   // so that the file is all there is; without it the next start does it
        writer_.reset();
      },
      std::move(done));
}

}  // namespace cell0::broker
