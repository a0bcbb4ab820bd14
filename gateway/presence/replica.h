// What the broker knows of everybody's presence, as a gateway has it: a snapshot, page by page, and every change since.
//
// A snapshot that the broker makes while it is warming may lack entities: it adds and never drops, and another one has
// to follow. Any later one replaces everything. A change whose seq a page covers is in it already.
//
// Pure: pages and changes in, questions out; one thread. Bounded by the broker's bounds; those who went are forgotten
// like there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::gateway {

class Replica {
 public:
  using Entries = std::map<std::string, v1::PresenceEntity, std::less<>>;  // by id

  // Those that went: so many are kept, for so long.
  Replica(std::size_t offline_max, Duration offline_kept) : offline_max_(offline_max), offline_kept_(offline_kept) {}

  // A snapshot is to be loaded, from its beginning.
  void want();

  // The page to ask for now, if there is one and no question is under way; then one is.
  std::optional<v1::PresenceSnapshotRequest> question();
  // Its answer. After an error question() begins again.
  void on_page(Result<v1::PresenceSnapshot> page);

  // The broker is warming no more: a snapshot made before is not enough.
  void warm();

  // A change of the stream, in its order.
  void on_changed(std::uint64_t seq, v1::PresenceEntity entity);

  void forget(WallTime now);

  const Entries& entries() const { return entries_; }
  const v1::PresenceEntity* find(std::string_view id) const;
  bool loaded() const { return snapshots_ > 0; }
  std::size_t online() const { return entries_.size() - offline_.size(); }
  std::uint64_t snapshots() const { return snapshots_; }

 private:
  struct Page {
    std::string last;  // it has all ids up to this one from where the page before ends
    std::uint64_t head = 0;
  };
  struct Loading {
    std::vector<v1::PresenceEntity> entities;
    std::vector<Page> pages;
    std::map<std::string, std::pair<std::uint64_t, v1::PresenceEntity>> changed;  // since it began, with their seqs
    bool warming = false;
  };

  static bool covered(const std::vector<Page>& pages, const std::string& id, std::uint64_t seq);
  void finish();
  void put(v1::PresenceEntity entity);

  std::size_t offline_max_;
  Duration offline_kept_;
  Entries entries_;
  std::set<std::pair<std::int64_t, std::string>> offline_;  // last_seen_us and id of those with no connection
  std::vector<Page> pages_;                                 // of the last snapshot
  std::unique_ptr<Loading> loading_;                        // while a snapshot is
  bool wanted_ = true;
  bool asking_ = false;
  bool stale_ = false;    // what is on its way was asked for before want()
  bool warming_ = false;  // the last snapshot was made while the broker was
  std::uint64_t snapshots_ = 0;
};

}  // namespace cell0::gateway
