// A file system below SQLite that lies in memory and can lose its power: for simulations of a log over crashes.
//
// For who opens databases with `vfs = kMemoryVfs`, in files called "<disk>/<name>". One thread, one process: locks are
// granted, for connections take turns, a transaction each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cell0 {

constexpr const char* kMemoryVfs = "cell0-memory";

class MemoryFile {
 public:
  std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }
  bool read(void* to, std::size_t count, std::size_t offset) const;  // false: short, the rest is zero
  void write(const void* from, std::size_t count, std::size_t offset);
  void truncate(std::size_t size);
  void sync() { undo_.clear(); }

  // Of the changes since the last sync only the first `kept` stay.
  std::size_t unsynced() const { return undo_.size(); }
  void lose(std::size_t kept);

 private:
  struct Change {
    std::size_t offset;
    std::string before;  // what was there
    std::size_t size;    // of the file
  };
  std::string bytes_;
  std::vector<Change> undo_;
};

// All files of one machine. At most one lives at a time.
class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // While it is frozen nothing that is written or deleted has any effect: connections of a process that was killed can
  // be closed. Thawing also forgets what they shared in memory.
  void freeze() { frozen_ = true; }
  void thaw();

  // By how many bytes files may grow; then the disk is full.
  void set_room(std::int64_t bytes) { room_ = bytes; }

  std::map<std::string, std::shared_ptr<MemoryFile>>& files() { return files_; }

  // The file system's own.
  bool frozen() const { return frozen_; }
  bool take_room(std::int64_t growth);
  char* shared_page(const std::string& name, std::size_t page, std::size_t bytes, bool make);
  void drop_shared(const std::string& name) { shared_.erase(name); }

 private:
  std::map<std::string, std::shared_ptr<MemoryFile>> files_;
  std::map<std::string, std::vector<std::unique_ptr<char[]>>> shared_;  // SQLite's wal-index
  std::int64_t room_ = INT64_MAX;
  bool frozen_ = false;
};

}  // namespace cell0
