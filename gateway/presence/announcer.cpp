#include "gateway/presence/announcer.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/presence_entry.h"

namespace cell0::gateway {
namespace {

void copy_said(const v1::PresenceEntity& from, v1::PresenceEntity& to) {
  to.set_status(from.status());
  to.set_status_message(from.status_message());
  to.set_current_activity(from.current_activity());
  to.set_metadata(from.metadata());
}

// Later than all that is known of the entity, whatever the clocks of others say.
std::int64_t updated_after(std::int64_t now_us, const v1::PresenceEntity* a, const v1::PresenceEntity* b) {
  for (const v1::PresenceEntity* known : {a, b}) {
    if (known != nullptr) now_us = std::max(now_us, known->updated_us() + 1);
  }
  return now_us;
}

}  // namespace

// ---- what happens here

Result<void> Announcer::connected(ConnectionId connection, const EntityInfo& info, const v1::PresenceEntity* known) {
  const auto before = entities_.find(info.entity_id);
  const auto mine = connections_.find(connection);
  const bool again = mine != connections_.end() && mine->second == info.entity_id;
  const v1::PresenceEntity* here = before == entities_.end() ? nullptr : &before->second.word;

  v1::PresenceEntity word;
  word.set_status("online");
  if (here != nullptr)
    copy_said(*here, word);
  else if (known != nullptr && known->connections() > 0)
    copy_said(*known, word);
  word.set_entity_id(info.entity_id);
  word.set_entity_type(info.entity_type);
  word.set_session_id(info.session_id);
  word.set_client_version(info.client_version);
  word.set_platform(info.platform);
  for (const std::string& name : info.capabilities) word.add_capabilities(name);
  if (info.metadata) word.set_metadata(*info.metadata);
  word.set_connected_at_us(here != nullptr ? here->connected_at_us() : now_us());
  word.set_last_seen_us(now_us());
  word.set_connections((here != nullptr ? here->connections() : 0) + (again ? 0 : 1));
  word.set_updated_us(updated_after(now_us(), here, known));
  if (auto checked = check_presence(word); !checked) return checked;

  if (!again) gone(connection);  // another entity's until now
  connections_[connection] = info.entity_id;
  Local& local = entities_[info.entity_id];
  local.word = std::move(word);
  mark(info.entity_id, local);
  return {};
}

void Announcer::gone(ConnectionId connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const auto entity = entities_.find(found->second);
  connections_.erase(found);
  CELL0_CHECK(entity != entities_.end());
  v1::PresenceEntity& word = entity->second.word;
  word.set_connections(word.connections() - 1);
  word.set_last_seen_us(now_us());
  mark(entity->first, entity->second);
  if (word.connections() > 0) return;
  gone_.insert(entity->first);
  entities_.erase(entity);
}

Result<void> Announcer::update(std::string_view entity_id, const PresenceUpdate& update,
                               const v1::PresenceEntity* known) {
  const auto found = entities_.find(entity_id);
  if (found == entities_.end()) {
    return Error{ErrorCode::kNotFound, "presence: " + std::string(entity_id) + " is not connected here"};
  }
  v1::PresenceEntity word = found->second.word;
  if (update.status) word.set_status(*update.status);
  if (update.status_message) word.set_status_message(*update.status_message);
  if (update.activity) word.set_current_activity(*update.activity);
  if (update.metadata) word.set_metadata(*update.metadata);
  word.set_last_seen_us(now_us());
  word.set_updated_us(updated_after(now_us(), &word, known));
  if (auto checked = check_presence(word); !checked) return checked;
  found->second.word = std::move(word);
  mark(found->first, found->second);
  return {};
}

void Announcer::seen(ConnectionId connection) {
  const auto found = connections_.find(connection);
  if (found != connections_.end()) entities_.find(found->second)->second.word.set_last_seen_us(now_us());
}

void Announcer::adopt(const v1::PresenceEntity& changed) {
  const auto found = entities_.find(changed.entity_id());
  if (found == entities_.end() || changed.connections() == 0) return;
  v1::PresenceEntity& word = found->second.word;
  // Of two words of the same time the one that the broker has chosen.
  if (changed.updated_us() < word.updated_us() || same_words(changed, word)) return;
  copy_said(changed, word);
  word.set_updated_us(changed.updated_us());
  mark(found->first, found->second);
}

void Announcer::subscribed(const std::string& topic) {
  Topic& entry = topics_[topic];
  ++entry.subscribers;
  mark_topic(topic, entry);
}

void Announcer::unsubscribed(const std::string& topic) {
  const auto found = topics_.find(topic);
  CELL0_CHECK(found != topics_.end() && found->second.subscribers > 0);
  --found->second.subscribers;
  mark_topic(topic, found->second);
}

void Announcer::announced(std::function<void()> done, bool connected) {
  if (!connected || told_ == said_ || waiting_.size() >= kWaitingMax) return done();
  waiting_.push_back({said_, std::move(done)});
}

void Announcer::call_waiting(std::uint64_t through) {
  while (!waiting_.empty() && waiting_.front().said <= through) {
    const auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    done();
  }
}

void Announcer::mark(const std::string& id, Local& local) {
  ++said_;
  if (std::exchange(local.listed, true)) return;
  if (gone_.erase(id) == 0) changed_.push_back(id);  // else it is still listed from when it went
}

void Announcer::mark_topic(const std::string& name, Topic& topic) {
  ++said_;
  if (!std::exchange(topic.listed, true)) changed_topics_.push_back(name);
}

// ---- reading

const v1::PresenceEntity* Announcer::find(std::string_view entity_id) const {
  const auto found = entities_.find(entity_id);
  return found == entities_.end() ? nullptr : &found->second.word;
}

const v1::PresenceEntity* Announcer::next(std::string_view after) const {
  const auto found = entities_.upper_bound(after);
  return found == entities_.end() ? nullptr : &found->second.word;
}

std::uint32_t Announcer::subscribers(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second.subscribers;
}

// ---- telling the broker

bool Announcer::due() const {
  if (asking_) return false;
  if (state_ != Series::kClosed || told_ != said_) return true;
  return clock_.mono() - asked_at_ >= kRenewEvery;
}

void Announcer::want_everything(bool with_seen) {
  state_ = Series::kWanted;
  with_seen_ = with_seen;
  ++said_;  // nothing counts as told until it is over
}

void Announcer::begin_series() {
  ++series_;
  ++counter_;  // a number is left out: it does not go on with a series that broke off
  state_ = Series::kOpen;
  seen_open_ = with_seen_;
  seen_after_.clear();
  changed_.clear();
  gone_.clear();  // whoever is not mentioned is gone
  for (auto& [id, local] : entities_) {
    local.listed = true;
    changed_.push_back(id);
  }
  changed_topics_.clear();
  for (auto topic = topics_.begin(); topic != topics_.end();) {
    if (topic->second.subscribers == 0) {
      topic = topics_.erase(topic);
      continue;
    }
    topic->second.listed = true;
    changed_topics_.push_back(topic->first);
    ++topic;
  }
}

v1::PresenceRequest Announcer::request() {
  CELL0_CHECK(!asking_);
  if (state_ == Series::kWanted) begin_series();
  v1::PresenceRequest request;
  request.set_incarnation(incarnation_);
  request.set_counter(++counter_);
  request.set_all(state_ == Series::kOpen);
  if (state_ == Series::kEnding) state_ = Series::kClosed;
  std::size_t bytes = 0;
  add_seen(request, bytes);
  add_changed(request, bytes);
  add_topics(request, bytes);
  const bool complete = !seen_open_ && changed_.empty() && changed_topics_.empty();
  if (complete && state_ == Series::kOpen) state_ = Series::kEnding;
  carried_ = complete ? said_ : told_;
  asking_ = true;
  asked_at_ = clock_.mono();
  ++requests_;
  return request;
}

void Announcer::add_seen(v1::PresenceRequest& request, std::size_t& bytes) {
  while (seen_open_ && bytes < kRequestBytes) {
    const v1::PresenceEntity* entity = next_seen_(seen_after_);
    if (entity == nullptr) {
      seen_open_ = false;
      return;
    }
    bytes += entity->ByteSizeLong();
    *request.add_seen() = *entity;
    seen_after_ = entity->entity_id();
  }
}

void Announcer::add_changed(v1::PresenceRequest& request, std::size_t& bytes) {
  while (!changed_.empty() && bytes < kRequestBytes) {
    const std::string id = std::move(changed_.front());
    changed_.pop_front();
    bytes += id.size();
    if (gone_.erase(id) > 0) {
      request.add_gone(id);
      continue;
    }
    Local& local = entities_.find(id)->second;
    local.listed = false;
    bytes += local.word.ByteSizeLong();
    *request.add_entities() = local.word;
  }
}

void Announcer::add_topics(v1::PresenceRequest& request, std::size_t& bytes) {
  while (!changed_topics_.empty() && bytes < kRequestBytes) {
    const auto found = topics_.find(changed_topics_.front());
    changed_topics_.pop_front();
    found->second.listed = false;
    bytes += found->first.size();
    v1::SubscriberCount& count = *request.add_topics();
    count.set_topic(found->first);
    count.set_subscribers(found->second.subscribers);
    if (found->second.subscribers == 0) topics_.erase(found);
  }
}

void Announcer::on_answer(const Result<v1::PresenceAnswer>& answer) {
  asking_ = false;
  if (state_ == Series::kWanted) return;  // the link has gone and come meanwhile
  if (!answer) return want_everything(with_seen_);
  if (answer->status() != v1::PresenceAnswer::TAKEN) return want_everything(answer->warming());
  told_ = carried_;
  call_waiting(told_);
}

void Announcer::on_link(bool up) {
  want_everything(true);
  if (!up) call_waiting(said_);
}

}  // namespace cell0::gateway
