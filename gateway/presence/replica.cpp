#include "gateway/presence/replica.h"

#include <algorithm>

namespace cell0::gateway {

void Replica::want() {
  wanted_ = true;
  loading_.reset();
  stale_ = asking_;
}

void Replica::warm() {
  if (warming_ && !wanted_) want();
}

std::optional<v1::PresenceSnapshotRequest> Replica::question() {
  if (!wanted_ || asking_) return std::nullopt;
  if (!loading_) loading_ = std::make_unique<Loading>();
  asking_ = true;
  v1::PresenceSnapshotRequest request;
  if (!loading_->pages.empty()) request.set_after(loading_->pages.back().last);
  return request;
}

void Replica::on_page(Result<v1::PresenceSnapshot> page) {
  asking_ = false;
  if (std::exchange(stale_, false)) return;
  if (!page) return want();
  loading_->warming = loading_->warming || page->warming();
  const bool more = page->more() && page->entities_size() > 0;
  const std::string last = more ? page->entities(page->entities_size() - 1).entity_id() : std::string();
  loading_->pages.push_back({last, page->head_seq()});
  for (v1::PresenceEntity& entity : *page->mutable_entities()) loading_->entities.push_back(std::move(entity));
  if (!more) finish();
}

void Replica::finish() {
  Loading loaded = std::move(*loading_);
  loading_.reset();
  wanted_ = false;
  warming_ = loaded.warming;
  ++snapshots_;
  if (!loaded.warming) {
    entries_.clear();
    offline_.clear();
  }
  for (v1::PresenceEntity& entity : loaded.entities) put(std::move(entity));
  for (auto& [id, change] : loaded.changed) {
    if (!covered(loaded.pages, id, change.first)) put(std::move(change.second));
  }
  pages_ = std::move(loaded.pages);
}

// The last page goes to the end of all ids.
bool Replica::covered(const std::vector<Page>& pages, const std::string& id, std::uint64_t seq) {
  const auto page =
      std::find_if(pages.begin(), pages.end(), [&id](const Page& p) { return p.last.empty() || id <= p.last; });
  return page != pages.end() && seq <= page->head;
}

void Replica::on_changed(std::uint64_t seq, v1::PresenceEntity entity) {
  if (covered(pages_, entity.entity_id(), seq)) return;
  if (loading_) loading_->changed[entity.entity_id()] = {seq, entity};
  put(std::move(entity));
}

void Replica::put(v1::PresenceEntity entity) {
  v1::PresenceEntity& entry = entries_[entity.entity_id()];
  if (entry.connections() == 0) offline_.erase({entry.last_seen_us(), entity.entity_id()});
  entry = std::move(entity);
  if (entry.connections() == 0) offline_.insert({entry.last_seen_us(), entry.entity_id()});
}

void Replica::forget(WallTime now) {
  const std::int64_t oldest = to_unix_us(now - std::chrono::duration_cast<std::chrono::microseconds>(offline_kept_));
  while (!offline_.empty() && (offline_.size() > offline_max_ || offline_.begin()->first < oldest)) {
    entries_.erase(offline_.begin()->second);
    offline_.erase(offline_.begin());
  }
}

const v1::PresenceEntity* Replica::find(std::string_view id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace cell0::gateway
