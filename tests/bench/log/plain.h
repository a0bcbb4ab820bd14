// The baseline: SQLite itself, on the log's own tables, with nothing around it. One thread, one connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "common/clock.h"

namespace cell0::bench {

// Inserts of 200-byte events, `batch` to a synced transaction, for `within`: events per second.
double plain_durable_events_per_s(const std::filesystem::path& file, std::size_t batch, Duration within);

// How long each of `count` synced transactions of `batch` events took, in seconds.
std::vector<double> plain_commit_seconds(const std::filesystem::path& file, std::size_t batch, std::size_t count);

// Rows per second of SELECT * over the file, with every body looked at.
double plain_replay_events_per_s(const std::filesystem::path& file);

}  // namespace cell0::bench
