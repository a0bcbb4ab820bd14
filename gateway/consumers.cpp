#include "gateway/consumers.h"

#include <algorithm>
#include <utility>

namespace cell0::gateway {

std::string Consumers::key_of(const std::string& entity, const std::string& consumer) {
  return std::to_string(entity.size()) + ' ' + entity + consumer;
}

Consumers::Id Consumers::open(std::string entity, std::string consumer, Seq begin, Handlers handlers) {
  const Id id = next_id_++;
  Entry& entry = entries_[id];
  entry.entity = std::move(entity);
  entry.consumer = std::move(consumer);
  entry.handlers = std::move(handlers);
  entry.begin = begin;
  mark(id, entry);
  tell_soon(Duration::zero());
  return id;
}

void Consumers::acknowledge(Id id, Seq seq) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || seq <= found->second.acknowledged) return;
  found->second.acknowledged = seq;
  mark(id, found->second);
  tell_soon(std::max(next_tell_ - clock_.mono(), Duration::zero()));
}

void Consumers::close(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.closed = true;
  entry.handlers = {};
  if (entry.acknowledged <= entry.told) return forget(id);
  mark(id, entry);
  tell_soon(Duration::zero());
}

void Consumers::mark(Id id, Entry& entry) {
  if (!std::exchange(entry.listed, true)) dirty_.push_back(id);
}

void Consumers::tell_soon(Duration delay) {
  if (asking_ || std::exchange(waking_, true)) return;
  source_.tell_consumers_after(delay);
}

void Consumers::tell() {
  waking_ = false;
  if (asking_ || dirty_.empty()) return;
  v1::ConsumersRequest request;
  std::vector<Id> opened;
  std::vector<Id> acknowledged;
  while (!dirty_.empty() && request.open_size() + request.ack_size() < kPerRequestMax) {
    const Id id = dirty_.front();
    dirty_.pop_front();
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.listed = false;
    if (entry.opening) {
      v1::ConsumerOpen& open = *request.add_open();
      open.set_entity(entry.entity);
      open.set_consumer(entry.consumer);
      open.set_begin(std::max(entry.begin, entry.acknowledged).value);
      open.set_epoch(entry.epoch);
      opened.push_back(id);
    } else {
      v1::ConsumerAck& ack = *request.add_ack();
      ack.set_entity(entry.entity);
      ack.set_consumer(entry.consumer);
      ack.set_epoch(entry.epoch);
      ack.set_seq(entry.acknowledged.value);
      acknowledged.push_back(id);
    }
  }
  if (opened.empty() && acknowledged.empty()) return;
  asking_ = true;
  next_tell_ = clock_.mono() + kTellEvery;
  source_.ask_consumers(request,
                        [this, opened, acknowledged, alive = alive_](const Result<v1::ConsumersAnswer>& answer) {
                          if (*alive) on_answer(opened, acknowledged, answer);
                        });
}

void Consumers::on_answer(const std::vector<Id>& opened, const std::vector<Id>& acknowledged,
                          const Result<v1::ConsumersAnswer>& answer) {
  asking_ = false;
  if (!answer) {
    on_failure(opened, acknowledged, answer.error());
  } else if (answer->open_size() != static_cast<int>(opened.size()) ||
             answer->ack_size() != static_cast<int>(acknowledged.size())) {
    on_failure(opened, acknowledged, {ErrorCode::kInternal, "the broker answered for other consumers"});
  } else {
    for (std::size_t i = 0; i < opened.size(); ++i) on_open_state(opened[i], answer->open(static_cast<int>(i)));
    for (std::size_t i = 0; i < acknowledged.size(); ++i) {
      on_ack_state(acknowledged[i], answer->ack(static_cast<int>(i)));
    }
  }
  if (!dirty_.empty()) tell_soon(std::max(next_tell_ - clock_.mono(), Duration::zero()));
}

void Consumers::on_open_state(Id id, const v1::ConsumerState& state) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (state.status() == v1::ConsumerState::TAKEN) return taken(id);
  if (state.status() != v1::ConsumerState::OPEN) return lose(id, {ErrorCode::kFull, state.error()});
  entry.opening = false;
  entry.epoch = state.epoch();
  entry.told = Seq{state.position()};
  if (entry.acknowledged > entry.told) mark(id, entry);
  const auto opened = std::exchange(entry.handlers.opened, nullptr);
  const Id before = std::exchange(holders_[key_of(entry.entity, entry.consumer)], id);
  if (entry.closed && entry.acknowledged <= entry.told) forget(id);
  if (before != 0 && before != id) taken(before);
  if (opened) opened(Opened{Seq{state.position()}, state.known()});
}

void Consumers::on_ack_state(Id id, const v1::ConsumerState& state) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (state.status() == v1::ConsumerState::TAKEN) return taken(id);
  if (state.status() == v1::ConsumerState::OPEN) {
    entry.told = std::max(entry.told, Seq{state.position()});
  } else {
    entry.opening = true;  // the broker does not know it any more
  }
  if (entry.opening || entry.acknowledged > entry.told) return mark(id, entry);
  if (entry.closed) forget(id);
}

// A client that waits for its first answer is told; the others' wait for the link.
void Consumers::on_failure(const std::vector<Id>& opened, const std::vector<Id>& acknowledged, const Error& error) {
  for (const Id id : opened) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    if (found->second.epoch == 0)
      lose(id, error);
    else
      mark(id, found->second);
  }
  for (const Id id : acknowledged) {
    if (const auto found = entries_.find(id); found != entries_.end()) mark(id, found->second);
  }
  next_tell_ = clock_.mono() + std::chrono::seconds(1);
}

void Consumers::on_connected() {
  for (auto& [id, entry] : entries_) {
    entry.opening = true;
    mark(id, entry);
  }
  waking_ = false;  // sooner than after a failure
  if (!dirty_.empty()) tell_soon(Duration::zero());
}

void Consumers::on_taken(const v1::ConsumerTaken& taken_now) {
  const auto holder = holders_.find(key_of(taken_now.entity(), taken_now.consumer()));
  if (holder == holders_.end()) return;
  const auto found = entries_.find(holder->second);
  const bool older = found != entries_.end() && found->second.epoch != 0 && found->second.epoch < taken_now.epoch();
  if (older) taken(holder->second);
}

void Consumers::taken(Id id) { lose(id, {ErrorCode::kConflict, "another connection has taken it over"}); }

void Consumers::lose(Id id, const Error& error) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const auto handlers = std::move(found->second.handlers);
  const bool was_open = found->second.epoch != 0;
  forget(id);
  if (was_open && handlers.lost) handlers.lost(error);
  if (!was_open && handlers.opened) handlers.opened(error);
}

void Consumers::forget(Id id) {
  const auto found = entries_.find(id);
  const auto holder = holders_.find(key_of(found->second.entity, found->second.consumer));
  if (holder != holders_.end() && holder->second == id) holders_.erase(holder);
  entries_.erase(found);
}

}  // namespace cell0::gateway
