#include "gateway/presence/presence.h"

#include <algorithm>
#include <utility>

namespace cell0::gateway {
namespace {

bool connected_somewhere(const v1::PresenceEntity* entity) { return entity != nullptr && entity->connections() > 0; }

const v1::PresenceEntity* next_in(const Replica::Entries& entries, std::string_view after, bool connected_only) {
  auto entry = entries.upper_bound(after);
  while (connected_only && entry != entries.end() && entry->second.connections() == 0) ++entry;
  return entry == entries.end() ? nullptr : &entry->second;
}

}  // namespace

Presence::Presence(PresenceSource& source, const Clock& clock, const CoreLimits& limits, std::string incarnation)
    : source_(source),
      clock_(clock),
      replica_(limits.presence_offline_max, limits.presence_offline_kept),
      announcer_(std::move(incarnation), clock,
                 [this](const std::string& after) { return next_in(replica_.entries(), after, true); }),
      recipients_([this](const std::string& topic) { return announcer_.subscribers(topic); }) {}

// ---- what happens here

Result<void> Presence::connected(ConnectionId connection, const EntityInfo& info) {
  auto taken = announcer_.connected(connection, info, replica_.find(info.entity_id));
  if (taken) run_soon();
  return taken;
}

void Presence::gone(ConnectionId connection) {
  announcer_.gone(connection);
  run_soon();
}

Result<void> Presence::update(std::string_view entity_id, const PresenceUpdate& update) {
  auto taken = announcer_.update(entity_id, update, replica_.find(entity_id));
  if (taken) run_soon();
  return taken;
}

void Presence::seen(ConnectionId connection) { announcer_.seen(connection); }

void Presence::subscribed(const std::string& topic) {
  announcer_.subscribed(topic);
  run_soon();
}

void Presence::unsubscribed(const std::string& topic) {
  announcer_.unsubscribed(topic);
  run_soon();
}

// ---- who is there

// REQUIRES: one of them is not null.
v1::PresenceEntity Presence::overlaid(const v1::PresenceEntity* here, const v1::PresenceEntity* known) const {
  if (here == nullptr || known == nullptr) return here == nullptr ? *known : *here;
  if (!connected_somewhere(known)) return *here;
  v1::PresenceEntity entity = known->updated_us() >= here->updated_us() ? *known : *here;
  entity.set_connections(std::max(known->connections(), here->connections()));
  entity.set_connected_at_us(std::min(known->connected_at_us(), here->connected_at_us()));
  entity.set_last_seen_us(std::max(known->last_seen_us(), here->last_seen_us()));
  return entity;
}

std::optional<v1::PresenceEntity> Presence::find(std::string_view entity_id) const {
  const v1::PresenceEntity* here = announcer_.find(entity_id);
  const v1::PresenceEntity* known = replica_.find(entity_id);
  if (here == nullptr && known == nullptr) return std::nullopt;
  return overlaid(here, known);
}

bool Presence::online(std::string_view entity_id) const {
  return announcer_.find(entity_id) != nullptr || connected_somewhere(replica_.find(entity_id));
}

// Two walks at once, those here and the replica's, in the order of ids.
PresencePage Presence::page(const PresenceQuery& query) const {
  PresencePage page;
  const v1::PresenceEntity* here = announcer_.next(query.after);
  const v1::PresenceEntity* known = next_in(replica_.entries(), query.after, query.connected_only);
  while (here != nullptr || known != nullptr) {
    const int order = here == nullptr ? 1 : known == nullptr ? -1 : here->entity_id().compare(known->entity_id());
    const v1::PresenceEntity* mine = order <= 0 ? here : nullptr;
    const v1::PresenceEntity* theirs = order >= 0 ? known : nullptr;
    const v1::PresenceEntity& entity = mine != nullptr ? *mine : *theirs;
    if (query.entity_type.empty() || entity.entity_type() == query.entity_type) {
      page.more = page.entries.size() == query.limit;
      if (page.more) return page;
      page.entries.push_back(overlaid(mine, theirs));
    }
    if (mine != nullptr) here = announcer_.next(mine->entity_id());
    if (theirs != nullptr) known = next_in(replica_.entries(), theirs->entity_id(), query.connected_only);
  }
  return page;
}

// ---- questions to the broker

void Presence::announced(std::function<void()> done) {
  announcer_.announced(std::move(done), source_.presence_connected());
}

void Presence::recipients(const std::string& topic, std::function<void(std::uint64_t)> done) {
  recipients_.ask(topic, std::move(done), source_.presence_connected());
  run_soon();
}

// ---- for the owner

void Presence::run_soon() {
  if (!std::exchange(run_asked_, true)) source_.run_presence_soon();
}

void Presence::run() {
  run_asked_ = false;
  if (paused_ || !source_.presence_connected()) return;
  // In this order: what is seen is announced before a snapshot of a new broker may drop it.
  if (announcer_.due()) announce();
  ask_page();
  if (recipients_.due()) ask_recipients();
}

void Presence::on_tick() {
  paused_ = false;
  replica_.forget(clock_.wall());
  run();
}

void Presence::on_link(bool up) {
  announcer_.on_link(up);
  if (!up) return recipients_.on_link_down();
  replica_.want();
  paused_ = false;
  run_soon();
}

void Presence::on_changed(std::uint64_t seq, std::string_view data) {
  auto entity = read_presence_changed(data);
  if (!entity) {
    ++unreadable_;
    return;
  }
  announcer_.adopt(*entity);
  replica_.on_changed(seq, std::move(entity).value());
  if (announcer_.due()) run_soon();
}

void Presence::on_gap() {
  replica_.want();
  run_soon();
}

void Presence::announce() {
  v1::Request request;
  *request.mutable_presence() = announcer_.request();
  source_.ask_presence(std::move(request), [this, alive = alive_](Result<v1::Response> response) {
    if (!*alive) return;
    if (!response) {
      paused_ = true;
      return announcer_.on_answer(response.error());
    }
    const v1::PresenceAnswer& answer = response->presence();
    warming_ = answer.warming();
    if (!warming_) replica_.warm();
    announcer_.on_answer(answer);
    run_soon();
  });
}

void Presence::ask_page() {
  const auto question = replica_.question();
  if (!question) return;
  v1::Request request;
  *request.mutable_presence_snapshot() = *question;
  source_.ask_presence(std::move(request), [this, alive = alive_](Result<v1::Response> response) {
    if (!*alive) return;
    if (!response) {
      paused_ = true;
      return replica_.on_page(response.error());
    }
    const std::uint64_t before = replica_.snapshots();
    replica_.on_page(std::move(*response->mutable_presence_snapshot()));
    if (replica_.snapshots() != before) adopt_all();
    run_soon();
  });
}

// Changes of those who are connected here may have been missed.
void Presence::adopt_all() {
  for (const v1::PresenceEntity* here = announcer_.next(""); here != nullptr;) {
    const std::string id = here->entity_id();
    if (const v1::PresenceEntity* known = replica_.find(id)) announcer_.adopt(*known);
    here = announcer_.next(id);
  }
}

void Presence::ask_recipients() {
  v1::Request request;
  *request.mutable_subscriber_counts() = recipients_.request();
  source_.ask_presence(std::move(request), [this, alive = alive_](Result<v1::Response> response) {
    if (!*alive) return;
    if (!response) return recipients_.on_answer(response.error());
    recipients_.on_answer(response->subscriber_counts());
    if (recipients_.due()) run_soon();
  });
}

Presence::Figures Presence::figures() const {
  Figures figures;
  figures.entities = replica_.entries().size();
  figures.online = replica_.online();
  figures.entities_here = announcer_.entities();
  figures.topics_here = announcer_.topics();
  figures.announcements = announcer_.requests();
  figures.announced_all = announcer_.series();
  figures.snapshots = replica_.snapshots();
  figures.unreadable = unreadable_;
  return figures;
}

}  // namespace cell0::gateway
