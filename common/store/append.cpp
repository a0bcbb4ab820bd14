#include "common/store/append.h"

namespace cell0::store {

Result<Appender> Appender::create(Database& database) {
  auto types = NameWriter::create(database, NameKind::kType);
  if (!types) return types.error();
  auto topics = NameWriter::create(database, NameKind::kTopic);
  if (!topics) return topics.error();
  auto insert =
      database.prepare("INSERT INTO ev(seq, ts, type, prio, topic, relaxed, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (!insert) return insert.error();
  return Appender(std::move(*types), std::move(*topics), std::move(*insert));
}

Result<void> Appender::append(const NewEvent& event) {
  const auto type = types_.number_of(event.type, event.seq);
  if (!type) return type.error();
  const auto topic = topics_.number_of(event.topic, event.seq);
  if (!topic) return topic.error();
  insert_.bind(1, static_cast<std::int64_t>(event.seq.value)).bind(2, event.taken_us).bind(3, *type);
  insert_.bind(4, std::int64_t{event.priority}).bind(5, *topic).bind(6, std::int64_t{event.relaxed});
  return insert_.bind_blob(7, event.envelope).run();
}

Result<void> Appender::drop_unused_names(Seq oldest, std::int64_t names_max) {
  if (auto dropped = types_.drop_unused(oldest, names_max); !dropped) return dropped.error();
  if (auto dropped = topics_.drop_unused(oldest, names_max); !dropped) return dropped.error();
  return {};
}

void Appender::rolled_back() {
  types_.forget();
  topics_.forget();
}

}  // namespace cell0::store
