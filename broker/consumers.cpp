#include "broker/consumers.h"

#include <algorithm>
#include <utility>

namespace cell0::broker {

// The entity's length in front: "a" + "bc" is not "ab" + "c".
std::string_view Consumers::key_of(const Name& name) {
  key_ = std::to_string(name.entity.size());
  key_.append(" ").append(name.entity).append(name.consumer);
  return key_;
}

Consumers::Entry* Consumers::find(const Name& name) {
  const auto known = by_name_.find(key_of(name));
  return known == by_name_.end() ? nullptr : &*known->second;
}

Consumers::Entry& Consumers::add(const Name& name) {
  Entry entry;
  entry.entity = name.entity;
  entry.consumer = name.consumer;
  entry.name = key_of(name);
  entries_.push_front(std::move(entry));
  by_name_.emplace(entries_.front().name, entries_.begin());
  return entries_.front();
}

bool Consumers::make_room(WallTime now) {
  if (by_name_.size() < limits_.consumers_max) return true;
  const Entry& oldest = entries_.back();
  if (now - oldest.used < limits_.idle_min) return false;
  forgotten_.push_back({oldest.entity, oldest.consumer, oldest.position, true});
  by_name_.erase(oldest.name);
  entries_.pop_back();
  return true;
}

void Consumers::touch(Entry& entry, WallTime now) {
  entry.used = now;
  entries_.splice(entries_.begin(), entries_, by_name_.find(entry.name)->second);
}

void Consumers::mark(Entry& entry) {
  if (!std::exchange(entry.changed, true)) changed_.push_back(entry.name);
}

Result<Consumers::State> Consumers::open(const Name& name, Seq begin, std::uint64_t epoch, std::string_view peer,
                                         WallTime now) {
  Entry* entry = find(name);
  State state;
  state.known = entry != nullptr;
  if (entry == nullptr) {
    if (!make_room(now)) {
      return Error{ErrorCode::kFull, "consumer: " + std::to_string(by_name_.size()) + " are known already, and in use"};
    }
    entry = &add(name);
    entry->position = begin;
    mark(*entry);
  }
  if (epoch != 0 && epoch < entry->epoch) return State{false, entry->epoch, entry->position, true, {}};
  if (epoch != 0 && begin > entry->position) {
    entry->position = begin;
    mark(*entry);
  }
  if (entry->peer != peer) state.displaced = std::exchange(entry->peer, std::string(peer));
  // Time in it: after a restart of the broker, which forgets epochs, a new one is higher than those of before.
  entry->epoch = epoch != 0 ? epoch : std::max(entry->epoch + 1, static_cast<std::uint64_t>(to_unix_us(now)));
  touch(*entry, now);
  state.epoch = entry->epoch;
  state.position = entry->position;
  return state;
}

std::optional<Consumers::State> Consumers::look(const Name& name) {
  const Entry* entry = find(name);
  if (entry == nullptr) return std::nullopt;
  return State{true, 0, entry->position, true, {}};
}

Result<Consumers::State> Consumers::acknowledge(const Name& name, std::uint64_t epoch, Seq seq, WallTime now) {
  Entry* entry = find(name);
  if (entry == nullptr) return Error{ErrorCode::kNotFound, "consumer: not known; open it first"};
  if (epoch < entry->epoch) return State{false, entry->epoch, entry->position, true, {}};
  if (seq > entry->position) {
    entry->position = seq;
    mark(*entry);
  }
  touch(*entry, now);
  return State{true, entry->epoch, entry->position, true, {}};
}

void Consumers::restore(const Name& name, Seq position, WallTime now) {
  Entry* entry = find(name);
  if (entry == nullptr) entry = &add(name);
  entry->position = std::max(entry->position, position);
  touch(*entry, now);
}

void Consumers::take_notes(std::vector<ConsumerNote>& notes) {
  for (ConsumerNote& forgotten : forgotten_) notes.push_back(std::move(forgotten));
  forgotten_.clear();
  for (const std::string& key : changed_) {
    const auto known = by_name_.find(key);
    if (known == by_name_.end()) continue;
    Entry& entry = *known->second;
    entry.changed = false;
    notes.push_back({entry.entity, entry.consumer, entry.position});
  }
  changed_.clear();
}

void Consumers::not_committed(const std::vector<ConsumerNote>& notes) {
  for (const ConsumerNote& note : notes) {
    Entry* entry = find({note.entity, note.consumer});
    if (entry != nullptr) {
      mark(*entry);
    } else if (note.forget) {
      forgotten_.push_back(note);
    }
  }
}

}  // namespace cell0::broker
