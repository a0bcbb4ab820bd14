// The tables of a log file, and how an older file becomes one of today (docs/log.md explains each table).
#pragma once

#include "common/store/database.h"

namespace cell0::store {

constexpr std::int64_t kApplicationId = 0x43454C30;  // "CEL0", in the file's header

// The version that this program writes; PRAGMA user_version.
std::int64_t newest_version();

// Makes the file a log of the newest version, whatever it was before: nothing, or a log of an older one (migrated in
// one transaction). kInvalid: another program's file, or of a newer cell0; nothing is changed then.
Result<void> make_schema(Database& database);

// For who only reads. kInvalid: not a log, or of a version that this program does not read; the text says which does.
Result<void> check_schema(Database& database);

// For the one writer: as durable as the last set_synced() says, bounded WAL, a cache of 64 MiB.
Result<void> configure_writer(Database& database);
// For readers: nothing can be written through it.
Result<void> configure_reader(Database& database);

// Whether commits are synced to the disk before they end. REQUIRES: not in a transaction.
Result<void> set_synced(Database& database, bool synced);

}  // namespace cell0::store
