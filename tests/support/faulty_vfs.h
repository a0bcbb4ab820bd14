// A file system below SQLite that fails when a test says so. For who opens databases with `vfs = kFaultyVfs`.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace cell0 {

constexpr const char* kFaultyVfs = "faulty";

// What is to fail. One for the process, as SQLite registers file systems: reset() between tests.
struct DiskFaults {
  std::atomic<std::int64_t> room_bytes{INT64_MAX};  // by which files may grow in all; then the disk is full
  std::atomic<int> syncs_to_fail{0};                // the next so many fail
  std::atomic<int> writes_to_fail{0};               // the next so many fail with an I/O error
  std::atomic<int> opens_to_fail{0};                // the next so many cannot open
  std::atomic<std::int64_t> syncs{0};               // counted

  // A file that takes up room while it is there.
  std::filesystem::path ballast;
  std::int64_t ballast_bytes = 0;

  void reset();
};

// Registers the file system, once; its faults.
DiskFaults& faulty_vfs();

}  // namespace cell0
