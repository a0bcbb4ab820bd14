// Where notes are kept: the tables origin, key, consumer, revoked and service. On the writer's connection, in its
// transactions.
#pragma once

#include <vector>

#include "broker/drafts.h"
#include "common/clock.h"
#include "common/store/database.h"

namespace cell0::broker {

// What earlier runs noted, as a new one takes it up.
struct Restored {
  struct Key {
    KeyNote note;  // without its index
    Seq seq;
  };
  std::vector<OriginNote> origins;  // the longest idle first
  std::vector<Key> keys;            // the oldest first
  std::vector<ConsumerNote> consumers;
  std::vector<RevocationNote> revocations;
  std::vector<ServiceNote> services;
};

class NoteTables {
 public:
  struct Limits {
    std::size_t origins_max = 10'000;  // restored: the last used
    Duration origin_idle_max = std::chrono::hours(24 * 7);
    std::size_t keys_max = 262'144;  // restored: the newest
    Duration key_age_max = std::chrono::hours(24);
  };

  static Result<NoteTables> create(store::Database& database, Limits limits);

  Result<Restored> restore();

  // Stores the drafts' notes. REQUIRES: the drafts are numbered; in a transaction.
  Result<void> store(const Drafts& drafts, WallTime now);

  // What the origins of the last store() had before it: to undo it, should it turn out not to count.
  const std::vector<OriginNote>& before() const { return before_; }
  // Sets origins back, and forgets keys of events from `first` on. In a transaction.
  Result<void> undo(const std::vector<OriginNote>& origins, Seq first, WallTime now);

  // Forgets up to `rows_max` of each kind that are too old. In a transaction.
  Result<void> expire(WallTime now, std::size_t rows_max);

 private:
  NoteTables(Limits limits) : limits_(limits) {}
  Result<void> store_origin(const OriginNote& note, WallTime now);
  Result<void> store_consumer(const ConsumerNote& note, WallTime now);
  Result<void> restore_origins(Restored& restored);
  Result<void> restore_keys(Restored& restored);
  Result<void> restore_consumers(Restored& restored);
  Result<void> restore_revocations(Restored& restored);
  Result<void> restore_services(Restored& restored);
  Result<void> store_service(const ServiceNote& note);

  Limits limits_;
  store::Statement select_origin_, put_origin_, drop_origin_, put_key_, put_consumer_, drop_consumer_, undo_keys_;
  store::Statement expire_origins_, expire_keys_, all_origins_, all_keys_, all_consumers_;
  store::Statement put_revoked_, expire_revoked_, all_revoked_;
  store::Statement put_state_, put_active_, drop_services_, all_services_;
  std::vector<OriginNote> before_;
};

}  // namespace cell0::broker
