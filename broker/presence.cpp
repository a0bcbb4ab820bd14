#include "broker/presence.h"

#include <algorithm>

#include "common/presence_entry.h"
#include "common/topic.h"

namespace cell0::broker {
namespace {

constexpr std::size_t kIncarnationBytes = 16;

bool later(const v1::PresenceEntity& a, const v1::PresenceEntity& b) { return a.updated_us() > b.updated_us(); }

}  // namespace

Presence::Presence(const PresenceBounds& bounds, MonoTime now, bool warm)
    : bounds_(bounds),
      warming_(warm),
      warm_until_(now + bounds.lease - bounds.tick),
      leases_({bounds.gateways_max, bounds.lease, bounds.tick}, now) {}

Presence::~Presence() = default;

// ---- announcements

Result<v1::PresenceAnswer::Status> Presence::announce(const v1::PresenceRequest& request, MonoTime now, WallTime wall) {
  if (request.incarnation().size() != kIncarnationBytes) {
    return Error{ErrorCode::kInvalid, "presence.incarnation: not 16 bytes"};
  }
  warm_until_ += leases_.note_stall(now);
  bool refused = false;
  Lease* lease = admit(request, now, refused);
  if (refused) {
    return Error{ErrorCode::kUnavailable,
                 "presence: " + std::to_string(bounds_.gateways_max) + " gateways have announced themselves already"};
  }
  if (lease == nullptr) {
    ++figures_.announce_all;
    return v1::PresenceAnswer::ANNOUNCE_ALL;
  }
  leases_.renew(request.incarnation(), now);
  lease->renewed = wall;
  lease->counter = request.counter();
  take(request, *lease, now, wall);
  return v1::PresenceAnswer::TAKEN;
}

// The lease that the request goes on with or begins; null: it has to announce everything.
Presence::Lease* Presence::admit(const v1::PresenceRequest& request, MonoTime now, bool& refused) {
  Lease* lease = leases_.find(request.incarnation());
  const bool next = lease != nullptr && request.counter() == lease->counter + 1;
  if (!request.all()) return next ? lease : nullptr;
  if (lease == nullptr) {
    lease = leases_.renew(request.incarnation(), now);
    refused = lease == nullptr;
    if (refused) return nullptr;
  } else if (request.counter() <= lease->counter) {
    return nullptr;  // from before; it was overtaken
  }
  if (!next || !lease->announcing) ++lease->series;
  lease->announcing = true;
  return lease;
}

void Presence::take(const v1::PresenceRequest& request, Lease& lease, MonoTime now, WallTime wall) {
  // What was seen before the start is no change; so it is looked at before what is new.
  for (const v1::PresenceEntity& said : request.seen()) take_seen(said);
  for (const v1::PresenceEntity& said : request.entities()) take_entity(said, lease);
  for (const std::string& id : request.gone()) {
    if (const auto found = entities_.find(id); found != entities_.end()) withdraw(found->second, lease, now, wall);
  }
  for (const v1::SubscriberCount& count : request.topics()) take_topic(count, lease);
  if (!request.all() && lease.announcing) end_series(lease, now, wall);
  forget(now);
}

void Presence::take_seen(const v1::PresenceEntity& said) {
  if (!warming_) return;
  Entity* entity = entity_for(said);
  if (entity == nullptr) return;
  const Word* held = word_of(*entity, nullptr);
  if (held != nullptr && !later(said, held->said)) return;
  say(*entity, nullptr, said, entity->words.empty());
}

void Presence::take_entity(const v1::PresenceEntity& said, Lease& lease) {
  Entity* entity = entity_for(said);
  if (entity == nullptr) return;
  say(*entity, &lease, said, false);
  if (!same_words(entity->now, said)) mark_changed(*entity);  // it does not know the later word
}

void Presence::take_topic(const v1::SubscriberCount& said, Lease& lease) {
  const auto found = lease.topics.find(said.topic());
  const std::uint32_t before = found == lease.topics.end() ? 0 : found->second.subscribers;
  if (said.subscribers() == 0) {
    if (found != lease.topics.end()) lease.topics.erase(found);
    return count(said.topic(), before, 0);
  }
  const bool full = lease.topics.size() >= bounds_.topics_max ||
                    (topics_.size() >= bounds_.topics_max && topics_.find(said.topic()) == topics_.end());
  if (found == lease.topics.end() && (full || !check_topic(said.topic()))) {
    ++figures_.left_out;
    return;
  }
  lease.topics[said.topic()] = {said.subscribers(), lease.series};
  count(said.topic(), before, said.subscribers());
}

void Presence::end_series(Lease& lease, MonoTime now, WallTime wall) {
  lease.announcing = false;
  std::vector<Entity*> missing;
  for (Entity* entity : lease.entities) {
    if (word_of(*entity, &lease)->series != lease.series) missing.push_back(entity);
  }
  for (Entity* entity : missing) withdraw(*entity, lease, now, wall);
  for (auto topic = lease.topics.begin(); topic != lease.topics.end();) {
    if (topic->second.series == lease.series) {
      ++topic;
      continue;
    }
    count(topic->first, topic->second.subscribers, 0);
    topic = lease.topics.erase(topic);
  }
}

// ---- time

std::size_t Presence::tick(MonoTime now) {
  warm_until_ += leases_.note_stall(now);
  const std::size_t gone =
      leases_.expire(now, [this, now](const std::string&, Lease& lease) { end_lease(lease, now); });
  figures_.leases_over += gone;
  if (warming_ && now >= warm_until_) end_warming(now);
  forget(now);
  return gone;
}

void Presence::end_lease(Lease& lease, MonoTime now) {
  const std::vector<Entity*> entities(lease.entities.begin(), lease.entities.end());
  for (Entity* entity : entities) withdraw(*entity, lease, now, lease.renewed);
  for (const auto& [topic, said] : lease.topics) count(topic, said.subscribers, 0);
}

void Presence::end_warming(MonoTime now) {
  warming_ = false;
  for (auto& [id, entity] : entities_) {
    if (word_of(entity, nullptr) != nullptr) remove_word(entity, nullptr, now, WallTime{});
  }
}

void Presence::forget(MonoTime now) {
  while (!offline_.empty()) {
    const auto [went, entity] = *offline_.begin();
    const bool over = offline_.size() > bounds_.offline_max || bytes_ > bounds_.bytes_max;
    if (!over && now - went < bounds_.offline_kept) return;
    if (entity->changed) return;  // that it went has not been published yet
    offline_.erase(offline_.begin());
    bytes_ -= entity->now.ByteSizeLong();
    entities_.erase(entities_.find(entity->now.entity_id()));
  }
}

// ---- entities

// Known, or made; nullptr: over a bound, or not valid.
Presence::Entity* Presence::entity_for(const v1::PresenceEntity& said) {
  const auto found = entities_.find(said.entity_id());
  const bool there = found != entities_.end() && !found->second.words.empty();
  const bool crowded = entities_.size() - offline_.size() >= bounds_.entities_max ||
                       changes_.size() >= bounds_.entities_max;  // nothing can be published
  const bool room = bytes_ + 2 * said.ByteSizeLong() <= bounds_.bytes_max;
  if (said.connections() == 0 || !check_presence(said) || !room || (!there && crowded)) {
    ++figures_.left_out;
    return nullptr;
  }
  return found != entities_.end() ? &found->second : &entities_[said.entity_id()];
}

Presence::Word* Presence::word_of(Entity& entity, const Lease* lease) {
  const auto found =
      std::find_if(entity.words.begin(), entity.words.end(), [lease](const Word& word) { return word.lease == lease; });
  return found == entity.words.end() ? nullptr : &*found;
}

void Presence::say(Entity& entity, Lease* lease, const v1::PresenceEntity& said, bool silently) {
  if (entity.words.empty()) offline_.erase({entity.went, &entity});
  Word* word = word_of(entity, lease);
  if (word == nullptr) {
    word = &entity.words.emplace_back();
    word->lease = lease;
  }
  if (lease != nullptr) {
    word->series = lease->series;
    lease->entities.insert(&entity);
  }
  bytes_ += said.ByteSizeLong() - word->said.ByteSizeLong();
  word->said = said;
  settle(entity, silently);
}

// A gateway has it no more. While warming that says little: another one that has it may not have announced it yet.
void Presence::withdraw(Entity& entity, Lease& lease, MonoTime now, WallTime last_seen) {
  const Word* word = word_of(entity, &lease);
  if (word == nullptr) return;
  if (warming_) {
    const Word* held = word_of(entity, nullptr);
    if (held == nullptr || later(word->said, held->said)) {
      v1::PresenceEntity said = word->said;
      said.set_last_seen_us(std::max(said.last_seen_us(), to_unix_us(last_seen)));
      say(entity, nullptr, said, false);
    }
  }
  lease.entities.erase(&entity);
  remove_word(entity, &lease, now, last_seen);
}

void Presence::remove_word(Entity& entity, const Lease* lease, MonoTime now, WallTime last_seen) {
  std::erase_if(entity.words, [this, lease](const Word& word) {
    if (word.lease != lease) return false;
    bytes_ -= word.said.ByteSizeLong();
    return true;
  });
  if (entity.words.empty()) {
    const std::int64_t seen_us = std::max(entity.now.last_seen_us(), to_unix_us(last_seen));
    bytes_ -= entity.now.ByteSizeLong();
    entity.now.set_last_seen_us(seen_us);
    bytes_ += entity.now.ByteSizeLong();
    entity.went = now;
    offline_.insert({now, &entity});
  }
  settle(entity, false);
}

// What all words come to. Held ones describe, too, but count as connections only where there is nothing else.
v1::PresenceEntity Presence::sum_of(const Entity& entity) {
  if (entity.words.empty()) {
    v1::PresenceEntity sum = entity.now;
    sum.set_status("offline");
    sum.set_connections(0);
    return sum;
  }
  const auto latest = std::max_element(entity.words.begin(), entity.words.end(),
                                       [](const Word& a, const Word& b) { return later(b.said, a.said); });
  v1::PresenceEntity sum = latest->said;
  std::uint32_t connections = 0;
  for (const Word& word : entity.words) {
    if (word.lease != nullptr) connections += word.said.connections();
    sum.set_last_seen_us(std::max(sum.last_seen_us(), word.said.last_seen_us()));
    sum.set_connected_at_us(std::min(sum.connected_at_us(), word.said.connected_at_us()));
  }
  if (connections > 0) sum.set_connections(connections);
  return sum;
}

void Presence::settle(Entity& entity, bool silently) {
  v1::PresenceEntity sum = sum_of(entity);
  const bool changed = !silently && !same_presence(entity.now, sum);
  bytes_ += sum.ByteSizeLong() - entity.now.ByteSizeLong();
  entity.now = std::move(sum);
  if (changed) mark_changed(entity);
}

void Presence::mark_changed(Entity& entity) {
  if (!std::exchange(entity.changed, true)) changes_.push_back(&entity);
}

const v1::PresenceEntity* Presence::next_change() const { return changes_.empty() ? nullptr : &changes_.front()->now; }

void Presence::change_taken() {
  changes_.front()->changed = false;
  changes_.pop_front();
}

v1::PresenceSnapshot Presence::snapshot(const std::string& after, std::size_t limit, std::size_t bytes_max) const {
  v1::PresenceSnapshot page;
  page.set_warming(warming_);
  std::size_t bytes = 0;
  for (auto entry = entities_.upper_bound(after); entry != entities_.end(); ++entry) {
    const v1::PresenceEntity& entity = entry->second.now;
    bytes += entity.ByteSizeLong();
    const auto taken = static_cast<std::size_t>(page.entities_size());
    if (taken > 0 && ((limit != 0 && taken >= limit) || bytes > bytes_max)) {
      page.set_more(true);
      break;
    }
    *page.add_entities() = entity;
  }
  return page;
}

// ---- subscribers

void Presence::count(const std::string& topic, std::uint32_t before, std::uint32_t after) {
  if (before == after) return;
  const auto total = topics_.try_emplace(topic, 0).first;
  total->second = total->second - before + after;
  if (total->second == 0) topics_.erase(total);
}

std::uint32_t Presence::subscribers(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second;
}

v1::SubscriberCountsAnswer Presence::subscribers_under(const std::string& prefix, std::size_t limit) const {
  v1::SubscriberCountsAnswer answer;
  for (auto topic = topics_.lower_bound(prefix); topic != topics_.end() && topic->first.starts_with(prefix); ++topic) {
    if (static_cast<std::size_t>(answer.topics_size()) >= limit) {
      answer.set_truncated(true);
      break;
    }
    v1::SubscriberCount& count = *answer.add_topics();
    count.set_topic(topic->first);
    count.set_subscribers(topic->second);
  }
  return answer;
}

Presence::Figures Presence::figures() const {
  Figures figures = figures_;
  figures.gateways = leases_.size();
  figures.offline = offline_.size();
  figures.entities = entities_.size() - offline_.size();
  figures.bytes = bytes_;
  figures.topics = topics_.size();
  figures.changes = changes_.size();
  return figures;
}

}  // namespace cell0::broker
