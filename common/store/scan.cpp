#include "common/store/scan.h"

#include <algorithm>

#include "common/store/schema.h"
#include "common/wire.h"

namespace cell0::store {
namespace {

// The columns that Walk reads, in its order.
constexpr const char* kColumns = "SELECT seq, ts, type, prio, topic, relaxed, body FROM ev ";

std::string sql_of(const char* from_where, Direction direction) {
  return std::string(kColumns) + from_where +
         (direction == Direction::kForward ? " ORDER BY seq" : " ORDER BY seq DESC");
}

std::int64_t number(Seq seq) { return static_cast<std::int64_t>(seq.value); }
Seq seq_of(std::int64_t number) { return Seq{static_cast<std::uint64_t>(number)}; }

}  // namespace

RowFilter::RowFilter(EventFilter filter)
    : filter_(std::move(filter)),
      any_type_(filter_.proto().types().empty() && filter_.proto().audience() == v1::AUDIENCE_ANY),
      any_topic_(filter_.proto().topics().empty() && filter_.proto().allowed_topics().empty()),
      any_body_(filter_.proto().sources().empty() && filter_.proto().session_id().empty()),
      priority_(filter_.proto().min_priority() == 0 ? 10 : filter_.proto().min_priority()) {
  v1::Filter topics, body;
  *topics.mutable_topics() = filter_.proto().topics();
  *topics.mutable_allowed_topics() = filter_.proto().allowed_topics();
  *body.mutable_sources() = filter_.proto().sources();
  body.set_session_id(filter_.proto().session_id());
  only_topics_ = EventFilter::create(topics).value();  // parts of a filter are filters
  only_body_ = EventFilter::create(body).value();
}

Result<std::unique_ptr<LogReader>> LogReader::open(const std::filesystem::path& path, const std::string& vfs) {
  Database::Options options;
  options.vfs = vfs;
  auto database = Database::open(path, options);
  if (!database) return database.error();
  if (auto checked = check_schema(*database); !checked) return checked.error();
  if (auto configured = configure_reader(*database); !configured) return configured.error();
  auto types = NameReader::create(*database, NameKind::kType);
  if (!types) return types.error();
  auto topics = NameReader::create(*database, NameKind::kTopic);
  if (!topics) return topics.error();
  std::unique_ptr<LogReader> reader(new LogReader(std::move(*database), std::move(*types), std::move(*topics)));
  if (auto prepared = reader->prepare(); !prepared) return prepared.error();
  return reader;
}

Result<void> LogReader::prepare() {
  const struct {
    Statement& to;
    const char* sql;
  } rows[] = {
      {newest_, "SELECT max(seq) FROM ev"},
      {first_from_, "SELECT seq, ts FROM ev WHERE seq >= ?1 ORDER BY seq LIMIT 1"},
      {new_types_, "SELECT id, name FROM type WHERE id > ?1 ORDER BY id"},
  };
  for (const auto& row : rows) {
    auto statement = database_.prepare(row.sql);
    if (!statement) return statement.error();
    row.to = std::move(*statement);
  }
  return {};
}

Result<Transaction> LogReader::begin() { return Transaction::begin(database_, Transaction::Kind::kRead); }

Result<Seq> LogReader::newest() {
  const auto row = newest_.step();
  const Seq seq = row && *row ? seq_of(newest_.integer(0)) : Seq{};
  newest_.reset();
  return row ? Result<Seq>(seq) : Result<Seq>(row.error());
}

Result<Seq> LogReader::before_time(WallTime time) {
  const auto last = newest();
  if (!last) return last.error();
  Seq low{};  // all events up to here were taken earlier
  Seq high = last->next();
  while (low.next() < high) {  // times never go back along the seqs
    const Seq middle{low.value + (high.value - low.value) / 2};
    const auto row = first_from_.bind(1, number(middle)).step();
    if (!row) return row.error();
    const bool later = !*row || first_from_.integer(1) >= to_unix_us(time);
    const Seq at = *row ? seq_of(first_from_.integer(0)) : high;
    first_from_.reset();
    if (later)
      high = middle;
    else
      low = at;
  }
  return low;
}

Result<void> LogReader::refresh_types() {
  auto row = new_types_.bind(1, all_types_.empty() ? 0 : all_types_.back().first).step();
  for (; row && *row; row = new_types_.step()) {
    all_types_.emplace_back(new_types_.integer(0), std::string(new_types_.text(1)));
  }
  new_types_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

// The types that the filter admits, if it narrows them to few.
std::optional<std::vector<std::int64_t>> LogReader::few_types(const RowFilter& filter) const {
  if (filter.any_type_) return std::nullopt;
  std::vector<std::int64_t> admitted;
  for (const auto& [type, name] : all_types_) {
    if (!filter.filter_.may_admit_type(name)) continue;
    if (admitted.size() == kMergeMax) return std::nullopt;
    admitted.push_back(type);
  }
  if (admitted.size() == all_types_.size() && !admitted.empty()) return std::nullopt;
  return admitted;
}

Result<LogReader::Walk> LogReader::walk(RowFilter& filter, Range range, Direction direction) {
  CELL0_CHECK(sources_ == nullptr);
  if (auto refreshed = refresh_types(); !refreshed) return refreshed.error();
  plan_ = Plan::kSeq;
  std::vector<std::int64_t> kinds{0};
  if (auto types = few_types(filter)) {
    plan_ = Plan::kType;
    kinds = std::move(*types);
  } else if (filter.priority_ <= kUrgent) {
    plan_ = Plan::kPriority;
    kinds.clear();
    for (std::int64_t priority = 1; priority <= filter.priority_; ++priority) kinds.push_back(priority);
  }
  Walk made(*this, filter, range, direction);
  if (auto opened = open_sources(direction, kinds, range); !opened) return opened.error();
  return made;
}

Result<void> LogReader::open_sources(Direction direction, const std::vector<std::int64_t>& kinds, Range range) {
  constexpr std::array kFrom{
      "NOT INDEXED WHERE seq > ?1 AND seq <= ?2",
      "INDEXED BY ev_type WHERE type = ?3 AND seq > ?1 AND seq <= ?2",
      "INDEXED BY ev_urgent WHERE prio = ?3 AND prio < 5 AND seq > ?1 AND seq <= ?2",
  };
  const auto of_plan = static_cast<std::size_t>(plan_);
  sources_ = &pools_[of_plan * 2 + (direction == Direction::kForward ? 0 : 1)];
  open_ = 0;
  while (sources_->size() < kinds.size()) {
    auto statement = database_.prepare(sql_of(kFrom[of_plan], direction));
    if (!statement) return statement.error();
    sources_->push_back({std::move(*statement), 0, {}, false});
  }
  for (const std::int64_t kind : kinds) {
    Source& source = (*sources_)[open_++];
    source.kind = kind;
    source.statement.bind(1, number(range.after)).bind(2, number(range.through));
    if (plan_ != Plan::kSeq) source.statement.bind(3, kind);
    if (auto moved = advance(source); !moved) return moved;
  }
  return {};
}

Result<void> LogReader::advance(Source& source) {
  const auto row = source.statement.step();
  if (!row) return row.error();
  source.at_row = *row;
  if (*row) source.seq = seq_of(source.statement.integer(0));
  return {};
}

// Columns are read only if they are asked for: an index alone may do.
Result<bool> LogReader::admits(RowFilter& filter, const Source& source) {
  if (filter.priority_ < 10 && source.statement.integer(3) > filter.priority_) return false;
  if (!filter.any_type_ && plan_ != Plan::kType) {
    const auto fits = admits_type(filter, source.statement.integer(2));
    if (!fits || !*fits) return fits;
  }
  if (!filter.any_topic_) {
    const auto fits = admits_topic(filter, source.statement.integer(4));
    if (!fits || !*fits) return fits;
  }
  if (filter.any_body_) return true;
  const EnvelopeFacts envelope = facts_of_envelope(source.statement.blob(6));
  EventFacts facts;
  facts.source = envelope.source;
  facts.session_id = envelope.session_id;
  return filter.only_body_.admits(facts);
}

Result<bool> LogReader::admits_type(RowFilter& filter, std::int64_t type) {
  if (const auto known = filter.types_.find(type); known != filter.types_.end()) return known->second;
  const auto name = type_name(type);
  if (!name) return name.error();
  if (filter.types_.size() >= RowFilter::kNamesMax) filter.types_.clear();
  return filter.types_.emplace(type, filter.filter_.may_admit_type(*name)).first->second;
}

Result<bool> LogReader::admits_topic(RowFilter& filter, std::int64_t topic) {
  if (const auto known = filter.topics_.find(topic); known != filter.topics_.end()) return known->second;
  const auto name = topic_name(topic);
  if (!name) return name.error();
  if (filter.topics_.size() >= RowFilter::kNamesMax) filter.topics_.clear();
  EventFacts facts;
  facts.topic = *name;
  return filter.topics_.emplace(topic, filter.only_topics_.admits(facts)).first->second;
}

LogReader::Walk::Walk(Walk&& other) noexcept
    : reader_(std::exchange(other.reader_, nullptr)),
      filter_(other.filter_),
      range_(other.range_),
      direction_(other.direction_),
      current_(other.current_),
      reached_(other.reached_),
      ended_(other.ended_) {}

LogReader::Walk::~Walk() {
  if (reader_ == nullptr || reader_->sources_ == nullptr) return;
  for (std::size_t i = 0; i < reader_->open_; ++i) (*reader_->sources_)[i].statement.reset();
  reader_->sources_ = nullptr;
}

// Of the sources that stand at an event the one that comes next; null if none does.
LogReader::Source* LogReader::Walk::pick() {
  Source* best = nullptr;
  for (std::size_t i = 0; i < reader_->open_; ++i) {
    Source& source = (*reader_->sources_)[i];
    if (!source.at_row) continue;
    const bool sooner =
        best == nullptr || (direction_ == Direction::kForward ? source.seq < best->seq : source.seq > best->seq);
    if (sooner) best = &source;
  }
  return best;
}

Result<bool> LogReader::Walk::next(std::size_t& rows_left) {
  while (true) {
    if (current_ != nullptr) {
      if (auto moved = reader_->advance(*current_); !moved) return moved.error();
    }
    current_ = pick();
    if (current_ == nullptr) {
      ended_ = true;
      reached_ = direction_ == Direction::kForward ? range_.through : range_.after.next();
      return false;
    }
    if (rows_left == 0) return false;
    --rows_left;
    reached_ = current_->seq;
    const auto admitted = reader_->admits(*filter_, *current_);
    if (!admitted || *admitted) return admitted;
  }
}

EnvelopeFacts facts_of_envelope(std::string_view envelope) {
  EnvelopeFacts facts;
  wire::Reader reader(envelope);
  while (reader.next()) {
    if (reader.is(v1::Envelope::kSourceFieldNumber, wire::Type::kBytes)) facts.source = reader.bytes();
    if (reader.is(v1::Envelope::kSessionIdFieldNumber, wire::Type::kBytes)) facts.session_id = reader.bytes();
  }
  return facts;
}

}  // namespace cell0::store
