#include "tests/support/memory_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "common/check.h"

namespace cell0 {

// ---- a file

bool MemoryFile::read(void* to, std::size_t count, std::size_t offset) const {
  const std::size_t there = offset < bytes_.size() ? std::min(count, bytes_.size() - offset) : 0;
  if (there > 0) std::memcpy(to, bytes_.data() + offset, there);
  std::memset(static_cast<char*>(to) + there, 0, count - there);
  return there == count;
}

void MemoryFile::write(const void* from, std::size_t count, std::size_t offset) {
  const std::size_t before = offset < bytes_.size() ? std::min(count, bytes_.size() - offset) : 0;
  undo_.push_back({offset, before > 0 ? bytes_.substr(offset, before) : std::string(), bytes_.size()});
  if (bytes_.size() < offset + count) bytes_.resize(offset + count);
  std::memcpy(bytes_.data() + offset, from, count);
}

void MemoryFile::truncate(std::size_t size) {
  if (size >= bytes_.size()) return;
  undo_.push_back({size, bytes_.substr(size), bytes_.size()});
  bytes_.resize(size);
}

void MemoryFile::lose(std::size_t kept) {
  while (undo_.size() > kept) {
    const Change change = std::move(undo_.back());
    undo_.pop_back();
    bytes_.resize(change.size);
    bytes_.replace(change.offset, change.before.size(), change.before);
  }
  undo_.clear();
}

// ---- a disk

namespace {

MemoryDisk* disk = nullptr;  // SQLite finds file systems by name: there is nowhere else to keep it

struct OpenFile {
  sqlite3_file base;
  std::string* name;
  std::shared_ptr<MemoryFile>* file;
};

OpenFile& opened(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
MemoryFile& data(sqlite3_file* file) { return **opened(file).file; }

int close_file(sqlite3_file* file) {
  delete opened(file).name;
  delete opened(file).file;
  return SQLITE_OK;
}
int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  const bool whole = data(file).read(to, static_cast<std::size_t>(count), static_cast<std::size_t>(offset));
  return whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  if (disk->frozen()) return SQLITE_OK;
  if (!disk->take_room(offset + count - data(file).size())) return SQLITE_FULL;
  data(file).write(from, static_cast<std::size_t>(count), static_cast<std::size_t>(offset));
  return SQLITE_OK;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (!disk->frozen()) data(file).truncate(static_cast<std::size_t>(size));
  return SQLITE_OK;
}
int sync_file(sqlite3_file* file, int) {
  if (!disk->frozen()) data(file).sync();
  return SQLITE_OK;
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = data(file).size();
  return SQLITE_OK;
}
int grant(sqlite3_file*, int) { return SQLITE_OK; }
int nobody_reserved(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
int map_shared(sqlite3_file* file, int page, int bytes, int extend, void volatile** at) {
  *at = disk->shared_page(*opened(file).name, static_cast<std::size_t>(page), static_cast<std::size_t>(bytes),
                          extend != 0);
  return SQLITE_OK;
}
int lock_shared(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void shared_barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file* file, int drop) {
  if (drop != 0 && !disk->frozen()) disk->drop_shared(*opened(file).name);
  return SQLITE_OK;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  static sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.iVersion = 2;
    made.xClose = close_file;
    made.xRead = read_file;
    made.xWrite = write_file;
    made.xTruncate = truncate_file;
    made.xSync = sync_file;
    made.xFileSize = size_of_file;
    made.xLock = grant;
    made.xUnlock = grant;
    made.xCheckReservedLock = nobody_reserved;
    made.xFileControl = control;
    made.xSectorSize = sector_size;
    made.xDeviceCharacteristics = characteristics;
    made.xShmMap = map_shared;
    made.xShmLock = lock_shared;
    made.xShmBarrier = shared_barrier;
    made.xShmUnmap = unmap_shared;
    return made;
  }();
  file->pMethods = nullptr;
  if (disk == nullptr) return SQLITE_CANTOPEN;
  std::shared_ptr<MemoryFile> contents;
  if (name == nullptr) {
    contents = std::make_shared<MemoryFile>();  // a temporary one
  } else if (const auto found = disk->files().find(name); found != disk->files().end()) {
    contents = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) != 0) {
    contents = disk->files()[name] = std::make_shared<MemoryFile>();
  } else {
    return SQLITE_CANTOPEN;
  }
  OpenFile& made = opened(file);
  made.name = new std::string(name == nullptr ? "" : name);
  made.file = new std::shared_ptr<MemoryFile>(std::move(contents));
  file->pMethods = &methods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int) {
  if (disk != nullptr && !disk->frozen()) disk->files().erase(name);
  return SQLITE_OK;
}
int access_file(sqlite3_vfs*, const char* name, int, int* yes) {
  *yes = disk != nullptr && disk->files().count(name) != 0 ? 1 : 0;
  return SQLITE_OK;
}
int full_name(sqlite3_vfs*, const char* name, int count, char* out) {
  sqlite3_snprintf(count, out, "%s", name);
  return SQLITE_OK;
}
int no_randomness(sqlite3_vfs*, int count, char* out) {  // the same in every run
  std::memset(out, 0x5A, static_cast<std::size_t>(count));
  return count;
}
int no_sleep(sqlite3_vfs*, int) { return 0; }
int no_time(sqlite3_vfs*, double* days) {
  *days = 2'460'000;
  return SQLITE_OK;
}

void register_once() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made{};
    made.iVersion = 1;
    made.szOsFile = sizeof(OpenFile);
    made.mxPathname = 256;
    made.zName = kMemoryVfs;
    made.xOpen = open_file;
    made.xDelete = delete_file;
    made.xAccess = access_file;
    made.xFullPathname = full_name;
    made.xRandomness = no_randomness;
    made.xSleep = no_sleep;
    made.xCurrentTime = no_time;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  CELL0_CHECK(registered == SQLITE_OK);
}

}  // namespace

MemoryDisk::MemoryDisk() {
  CELL0_CHECK(disk == nullptr);
  register_once();
  disk = this;
}

MemoryDisk::~MemoryDisk() { disk = nullptr; }

void MemoryDisk::thaw() {
  frozen_ = false;
  shared_.clear();
}

bool MemoryDisk::take_room(std::int64_t growth) {
  if (growth <= 0 || room_ == INT64_MAX) return true;
  if (growth > room_) return false;
  room_ -= growth;
  return true;
}

char* MemoryDisk::shared_page(const std::string& name, std::size_t page, std::size_t bytes, bool make) {
  auto& pages = shared_[name];
  if (page >= pages.size() && !make) return nullptr;
  while (pages.size() <= page) pages.push_back(std::make_unique<char[]>(bytes));
  return pages[page].get();
}

}  // namespace cell0
