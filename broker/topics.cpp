#include "broker/topics.h"

#include <algorithm>

namespace cell0::broker {

Topics::Topic& Topics::touch(std::string_view name) {
  if (!topics_.empty() && topics_.front().name == name) return topics_.front();
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) {
    topics_.splice(topics_.begin(), topics_, known->second);
    return topics_.front();
  }
  if (by_name_.size() >= topics_max_) {
    by_name_.erase(topics_.back().name);
    topics_.pop_back();
    forgot_ = true;
  }
  topics_.emplace_front().name = name;
  by_name_.emplace(topics_.front().name, topics_.begin());
  return topics_.front();
}

RuleId Topics::count(std::string_view name, std::string_view type, WallTime now, std::uint64_t turn,
                     std::size_t index) {
  Topic& topic = touch(name);
  if (topic.events == 0 || topic.type != type) {
    topic.type = type;
    topic.rule = rules_.match(name, type);
  }
  ++topic.events;
  topic.last = now;
  topic.turn = turn;
  topic.index = index;
  return topic.rule;
}

// The latest topics stand in front, so those of the turn end where an older turn's begin.
void Topics::committed(const Drafts& drafts) {
  for (Topic& topic : topics_) {
    if (topic.turn < drafts.turn) return;
    if (topic.turn == drafts.turn) topic.last_seq = std::max(topic.last_seq, drafts.seq_of(topic.index));
  }
}

v1::TopicsAnswer Topics::answer(std::size_t count_max) const {
  v1::TopicsAnswer answer;
  for (const Topic& topic : topics_) {
    if (count_max != 0 && static_cast<std::size_t>(answer.topics_size()) == count_max) break;
    v1::TopicInfo& info = *answer.add_topics();
    info.set_name(topic.name);
    info.set_events(topic.events);
    info.set_last_seq(topic.last_seq.value);
    info.set_last_us(to_unix_us(topic.last));
  }
  answer.set_truncated(forgot_ || static_cast<std::size_t>(answer.topics_size()) < topics_.size());
  return answer;
}

}  // namespace cell0::broker
