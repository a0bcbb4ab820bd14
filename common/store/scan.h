// Walks stored events that a filter admits, in order, over the cheapest index: by seq, or merged from the index of
// each type (or of each urgent priority) that the filter asks for.
//
// A walk is resumed, not held: LogReader::Walk lives for a slice inside one read transaction and looks at a bounded
// number of events; the next slice begins after where it got. So no reader ever holds the file's WAL for long.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/event_filter.h"
#include "common/seq.h"
#include "common/store/database.h"
#include "common/store/names.h"

namespace cell0::store {

enum class Direction { kForward, kBackward };

// Events with after < seq <= through.
struct Range {
  Seq after;
  Seq through;
};

class LogReader;

// A filter, asked with an event's columns: remembers what it said of each name. REQUIRES: used with one reader.
class RowFilter {
 public:
  explicit RowFilter(EventFilter filter);

  const EventFilter& filter() const { return filter_; }

 private:
  friend class LogReader;
  static constexpr std::size_t kNamesMax = 4096;  // remembered of each kind; beyond it all are asked again

  EventFilter filter_;
  EventFilter only_topics_;  // the parts of it
  EventFilter only_body_;    // sources and session: they are in the envelope
  bool any_type_;
  bool any_topic_;
  bool any_body_;
  std::uint32_t priority_;  // at most; 10: any
  std::unordered_map<std::int64_t, bool> types_, topics_;
};

class LogReader {
 public:
  // A connection of its own, that can only read. kInvalid: not a log, or damaged. `path` as for Database.
  static Result<std::unique_ptr<LogReader>> open(const std::filesystem::path& path, const std::string& vfs = "");

  Database& database() { return database_; }

  // All reading happens between these two. The snapshot that a transaction sees ends with it.
  Result<Transaction> begin();

  Result<std::string_view> type_name(std::int64_t number) { return types_.name_of(number); }
  Result<std::string_view> topic_name(std::int64_t number) { return topics_.name_of(number); }

  // The seq before the first event that was taken at `time` or later; the newest if there is none. ~50 lookups.
  Result<Seq> before_time(WallTime time);
  Result<Seq> newest();  // 0: there is none

  class Walk;
  // REQUIRES: in a transaction that outlives the walk; one walk at a time.
  Result<Walk> walk(RowFilter& filter, Range range, Direction direction);

 private:
  enum class Plan { kSeq, kType, kPriority };
  static constexpr std::size_t kMergeMax = 16;  // indexes merged at most; more types are walked by seq
  static constexpr std::uint32_t kUrgent = 4;   // the highest priority number in ev_urgent

  struct Source {
    Statement statement;
    std::int64_t kind = 0;  // the type or priority
    Seq seq;
    bool at_row = false;
  };

  LogReader(Database database, NameReader types, NameReader topics)
      : database_(std::move(database)), types_(std::move(types)), topics_(std::move(topics)) {}
  Result<void> prepare();
  Result<void> refresh_types();
  std::optional<std::vector<std::int64_t>> few_types(const RowFilter& filter) const;
  Result<void> open_sources(Direction direction, const std::vector<std::int64_t>& kinds, Range range);
  Result<void> advance(Source& source);
  Result<bool> admits(RowFilter& filter, const Source& source);
  Result<bool> admits_type(RowFilter& filter, std::int64_t type);
  Result<bool> admits_topic(RowFilter& filter, std::int64_t topic);

  Database database_;
  NameReader types_, topics_;
  std::vector<std::pair<std::int64_t, std::string>> all_types_;  // by number
  Statement newest_, first_from_, new_types_;
  std::array<std::vector<Source>, 6> pools_;  // of each plan and direction: statements, prepared once
  std::vector<Source>* sources_ = nullptr;    // of the present walk: the first `open_`
  std::size_t open_ = 0;
  Plan plan_ = Plan::kSeq;
};

class LogReader::Walk {
 public:
  Walk(Walk&& other) noexcept;
  Walk& operator=(Walk&&) = delete;
  ~Walk();

  // Goes to the next event that the filter admits. False: there is none in the range, or `rows_left` became 0 (it is
  // counted down for every event looked at); the walk is over then.
  Result<bool> next(std::size_t& rows_left);

  // Everything up to here (backward: down to and including here) has been looked at.
  Seq reached() const { return reached_; }
  bool ended() const { return ended_; }

  // Of the event that next() went to; views are valid until the next call.
  Seq seq() const { return current_->seq; }
  WallTime taken() const { return from_unix_us(current_->statement.integer(1)); }
  std::int64_t type() const { return current_->statement.integer(2); }
  std::uint32_t priority() const { return static_cast<std::uint32_t>(current_->statement.integer(3)); }
  std::int64_t topic() const { return current_->statement.integer(4); }
  bool relaxed() const { return current_->statement.integer(5) != 0; }
  std::string_view body() const { return current_->statement.blob(6); }

 private:
  friend class LogReader;
  Walk(LogReader& reader, RowFilter& filter, Range range, Direction direction)
      : reader_(&reader),
        filter_(&filter),
        range_(range),
        direction_(direction),
        reached_(direction == Direction::kForward ? range.after : range.through.next()) {}
  Source* pick();

  LogReader* reader_;
  RowFilter* filter_;
  Range range_;
  Direction direction_;
  Source* current_ = nullptr;
  Seq reached_;
  bool ended_ = false;
};

// Views into an encoded Envelope, read without decoding it. Of a field that stands twice the last.
struct EnvelopeFacts {
  std::string_view source;
  std::string_view session_id;
};
EnvelopeFacts facts_of_envelope(std::string_view envelope);

}  // namespace cell0::store
