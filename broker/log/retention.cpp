#include "broker/log/retention.h"

#include <algorithm>

#include "common/topic.h"

namespace cell0::broker {
namespace {

constexpr std::size_t kKnownMax = 65'536;

std::int64_t number(Seq seq) { return static_cast<std::int64_t>(seq.value); }
Seq seq_of(std::int64_t number) { return Seq{static_cast<std::uint64_t>(number)}; }

std::int64_t age_us(const Rule& rule) {
  return std::chrono::duration_cast<std::chrono::microseconds>(rule.age_max).count();
}

bool under(std::string_view topic, std::string_view prefix) { return prefix.empty() || topic_under(topic, prefix); }

// Whether one event could belong to either.
bool overlap(const Rule& a, std::string_view topic, std::string_view type) {
  const bool types = a.type.empty() || type.empty() || a.type == type;
  return types && (under(a.topic, topic) || under(topic, a.topic));
}

}  // namespace

Result<Retention> Retention::create(store::Database& database, const RuleTable& rules, KeepLimits limits) {
  auto types = store::NameReader::create(database, store::NameKind::kType);
  if (!types) return types.error();
  auto topics = store::NameReader::create(database, store::NameKind::kTopic);
  if (!topics) return topics.error();
  Retention made(database, rules, limits, std::move(*types), std::move(*topics));
  if (auto prepared = made.prepare(); !prepared) return prepared.error();
  const auto same = made.load();
  if (!same) return same.error();
  if (!*same) {
    if (auto adopted = made.adopt(); !adopted) return adopted.error();
  }
  made.committed();
  return made;
}

Result<void> Retention::prepare() {
  const struct {
    store::Statement& to;
    const char* sql;
  } rows[] = {
      {by_seq_, "SELECT seq, type, topic, length(body), ts FROM ev NOT INDEXED WHERE seq > ?1 ORDER BY seq"},
      {by_type_,
       "SELECT seq, type, topic, length(body), ts FROM ev INDEXED BY ev_type WHERE type = ?2 AND seq > ?1 ORDER BY "
       "seq"},
      {from_, "SELECT seq, type, topic, length(body), ts FROM ev NOT INDEXED WHERE seq >= ?1 ORDER BY seq"},
      {delete_, "DELETE FROM ev WHERE seq = ?1"},
      {store_, "UPDATE rule SET events = ?2, bytes = ?3, trimmed_through = ?4, gone_through = ?5 WHERE id = ?1"},
      {type_number_, "SELECT id FROM type WHERE name = ?1"},
  };
  for (const auto& row : rows) {
    auto statement = database_->prepare(row.sql);
    if (!statement) return statement.error();
    row.to = std::move(*statement);
  }
  return {};
}

// False: the file was kept by other rules.
Result<bool> Retention::load() {
  auto rows =
      database_->prepare("SELECT id, topic, type, events, bytes, trimmed_through, gone_through FROM rule ORDER BY id");
  if (!rows) return rows.error();
  RuleId id = 0;
  auto row = rows->step();
  for (; row && *row; row = rows->step(), ++id) {
    const bool same =
        id < rules_->size() && rows->text(1) == (*rules_)[id].topic && rows->text(2) == (*rules_)[id].type;
    if (!same) return false;
    State& state = states_[id];
    state.events = static_cast<std::uint64_t>(rows->integer(3));
    state.bytes = static_cast<std::uint64_t>(rows->integer(4));
    state.trimmed_through = seq_of(rows->integer(5));
    state.gone_through = seq_of(rows->integer(6));
  }
  if (!row) return row.error();
  return id == rules_->size();
}

Result<void> Retention::adopt() {
  auto transaction = store::Transaction::begin(*database_, store::Transaction::Kind::kWrite);
  if (!transaction) return transaction.error();
  states_.assign(rules_->size(), {});
  for (RuleId id = 0; id < rules_->size(); ++id) {
    const auto trimmed = inherited((*rules_)[id]);
    if (!trimmed) return trimmed.error();
    states_[id].trimmed_through = *trimmed;
  }
  if (auto counted = recount(); !counted) return counted;
  if (auto cleared = database_->execute("DELETE FROM rule"); !cleared) return cleared;
  auto insert = database_->prepare("INSERT INTO rule VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)");
  if (!insert) return insert.error();
  for (RuleId id = 0; id < rules_->size(); ++id) {
    const State& state = states_[id];
    insert->bind(1, std::int64_t{id}).bind(2, std::string_view((*rules_)[id].topic));
    insert->bind(3, std::string_view((*rules_)[id].type)).bind(4, static_cast<std::int64_t>(state.events));
    insert->bind(5, static_cast<std::int64_t>(state.bytes)).bind(6, number(state.trimmed_through));
    if (auto inserted = insert->run(); !inserted) return inserted;
  }
  return transaction->commit();
}

Result<Seq> Retention::inherited(const Rule& rule) {
  auto rows = database_->prepare("SELECT topic, type, trimmed_through FROM rule");
  if (!rows) return rows.error();
  Seq highest{};
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    if (overlap(rule, rows->text(0), rows->text(1))) highest = std::max(highest, seq_of(rows->integer(2)));
  }
  if (!row) return row.error();
  return highest;
}

Result<void> Retention::recount() {
  auto groups = database_->prepare("SELECT type, topic, count(*), sum(length(body)) FROM ev GROUP BY type, topic");
  if (!groups) return groups.error();
  auto row = groups->step();
  for (; row && *row; row = groups->step()) {
    const auto rule = rule_of(groups->integer(0), groups->integer(1));
    if (!rule) return rule.error();
    const auto events = static_cast<std::uint64_t>(groups->integer(2));
    states_[*rule].events += events;
    states_[*rule].bytes += static_cast<std::uint64_t>(groups->integer(3)) + events * kEventBytes;
  }
  return row ? Result<void>() : Result<void>(row.error());
}

Result<RuleId> Retention::rule_of(std::int64_t type, std::int64_t topic) {
  if (rules_->size() == 1) return RuleId{0};
  const std::uint64_t key = static_cast<std::uint64_t>(type) << 40 ^ static_cast<std::uint64_t>(topic);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const auto type_name = types_.name_of(type);
  if (!type_name) return type_name.error();
  const auto topic_name = topics_.name_of(topic);
  if (!topic_name) return topic_name.error();
  if (known_.size() >= kKnownMax) known_.clear();
  return known_.emplace(key, rules_->match(*topic_name, *type_name)).first->second;
}

void Retention::added(RuleId rule, std::size_t body_bytes) {
  State& state = states_[rule];
  ++state.events;
  state.bytes += body_bytes + kEventBytes;
  state.changed = true;
}

std::uint64_t Retention::events() const {
  std::uint64_t sum = 0;
  for (const State& state : states_) sum += state.events;
  return sum;
}

std::uint64_t Retention::bytes() const {
  std::uint64_t sum = 0;
  for (const State& state : states_) sum += state.bytes;
  return sum;
}

bool Retention::over_total() const {
  return (limits_.events_max != 0 && events() > limits_.events_max) ||
         (limits_.bytes_max != 0 && bytes() > limits_.bytes_max && events() > 0);
}

bool Retention::due(RuleId id, WallTime now) const {
  const Rule& rule = (*rules_)[id];
  const State& state = states_[id];
  if (state.events == 0) return false;
  return (rule.count_max != 0 && state.events > rule.count_max) ||
         (rule.bytes_max != 0 && state.bytes > rule.bytes_max) ||
         (rule.age_max != Duration::zero() && to_unix_us(now) >= state.aged_at_us);
}

bool Retention::due(WallTime now) const {
  for (RuleId id = 0; id < states_.size(); ++id) {
    if (due(id, now)) return true;
  }
  return over_total();
}

Result<void> Retention::trim(WallTime now, std::size_t rows_max) {
  for (RuleId id = 0; id < states_.size() && rows_max > 0; ++id) {
    if (!due(id, now)) continue;
    if (auto trimmed = trim_rule(id, now, rows_max); !trimmed) return trimmed;
  }
  return over_total() ? trim_total(rows_max) : Result<void>();
}

// The statement that walks the rule's events, bound; null if there can be none.
Result<store::Statement*> Retention::walk_of(RuleId id) {
  const Rule& rule = (*rules_)[id];
  store::Statement* walk = &by_seq_;
  if (!rule.type.empty()) {
    const auto row = type_number_.bind(1, std::string_view(rule.type)).step();
    const std::int64_t type = row && *row ? type_number_.integer(0) : 0;
    type_number_.reset();
    if (!row) return row.error();
    walk = &by_type_;
    walk->bind(2, type);
  }
  walk->bind(1, number(states_[id].gone_through));
  return walk;
}

bool Retention::too_old(RuleId id, std::int64_t ts, WallTime now) const {
  const Rule& rule = (*rules_)[id];
  return rule.age_max != Duration::zero() && ts + age_us(rule) <= to_unix_us(now);
}

Result<void> Retention::trim_rule(RuleId id, WallTime now, std::size_t& rows_left) {
  const auto walk = walk_of(id);
  if (!walk) return walk.error();
  const auto rows = read(**walk, rows_left);
  if (!rows) return rows.error();
  const bool all = rows->size() < rows_left;
  const Rule& rule = (*rules_)[id];
  State& state = states_[id];
  for (const Row& row : *rows) {
    if (row.rule == id) {
      const bool over = (rule.count_max != 0 && state.events > rule.count_max) ||
                        (rule.bytes_max != 0 && state.bytes > rule.bytes_max) || too_old(id, row.ts, now);
      if (!over) {
        state.aged_at_us = row.ts + age_us(rule);
        return {};
      }
      if (auto dropped = drop(row); !dropped) return dropped;
    }
    state.gone_through = std::max(state.gone_through, row.seq);
    state.changed = true;
    --rows_left;
  }
  if (all) state.aged_at_us = to_unix_us(now) + age_us(rule);
  return {};
}

Result<void> Retention::trim_total(std::size_t& rows_left) {
  by_seq_.bind(1, std::int64_t{0});
  const auto rows = read(by_seq_, rows_left);
  if (!rows) return rows.error();
  for (const Row& row : *rows) {
    if (!over_total()) return {};
    if (auto dropped = drop(row); !dropped) return dropped;
    --rows_left;
  }
  return {};
}

Result<void> Retention::trim_oldest(std::size_t rows_max) {
  by_seq_.bind(1, std::int64_t{0});
  const auto rows = read(by_seq_, rows_max);
  if (!rows) return rows.error();
  for (const Row& row : *rows) {
    if (auto dropped = drop(row); !dropped) return dropped;
  }
  return {};
}

Result<void> Retention::undo_from(Seq first) {
  from_.bind(1, number(first));
  const auto rows = read(from_, SIZE_MAX);
  if (!rows) return rows.error();
  for (const Row& row : *rows) {
    State& state = states_[row.rule];
    state.events -= std::min<std::uint64_t>(state.events, 1);
    state.bytes -= std::min(state.bytes, row.bytes);
    state.changed = true;
    if (auto deleted = delete_.bind(1, number(row.seq)).run(); !deleted) return deleted;
  }
  return {};
}

// All at once, so that nothing is dropped under a statement that walks.
Result<std::vector<Retention::Row>> Retention::read(store::Statement& statement, std::size_t rows_max) {
  std::vector<Row> rows;
  Result<void> result;
  while (rows.size() < rows_max) {
    const auto more = statement.step();
    if (!more) result = more.error();
    if (!more || !*more) break;
    const auto rule = rule_of(statement.integer(1), statement.integer(2));
    if (!rule) {
      result = rule.error();
      break;
    }
    rows.push_back({seq_of(statement.integer(0)), *rule, static_cast<std::uint64_t>(statement.integer(3)) + kEventBytes,
                    statement.integer(4)});
  }
  statement.reset();
  if (!result) return result.error();
  return rows;
}

Result<void> Retention::drop(const Row& row) {
  State& state = states_[row.rule];
  state.events -= std::min<std::uint64_t>(state.events, 1);
  state.bytes -= std::min(state.bytes, row.bytes);
  state.trimmed_through = std::max(state.trimmed_through, row.seq);
  state.gone_through = std::max(state.gone_through, row.seq);
  state.changed = true;
  ++trimmed_events_;
  return delete_.bind(1, number(row.seq)).run();
}

Result<void> Retention::store() {
  for (RuleId id = 0; id < states_.size(); ++id) {
    State& state = states_[id];
    if (!state.changed) continue;
    store_.bind(1, std::int64_t{id}).bind(2, static_cast<std::int64_t>(state.events));
    store_.bind(3, static_cast<std::int64_t>(state.bytes)).bind(4, number(state.trimmed_through));
    if (auto stored = store_.bind(5, number(state.gone_through)).run(); !stored) return stored;
    state.changed = false;
  }
  return {};
}

}  // namespace cell0::broker
