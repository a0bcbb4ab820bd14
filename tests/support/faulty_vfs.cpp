#include "tests/support/faulty_vfs.h"

#include <sqlite3.h>

#include <algorithm>

namespace cell0 {
namespace {

DiskFaults faults;
sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

// Takes one of the failures that are due.
bool fails(std::atomic<int>& due) {
  if (due <= 0) return false;
  --due;
  return true;
}

struct File {
  sqlite3_file base;
  sqlite3_file* real;  // behind this struct
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }

bool take_room(std::int64_t growth) {
  if (growth <= 0) return true;
  const bool held = !faults.ballast.empty() && std::filesystem::exists(faults.ballast);
  if (faults.room_bytes == INT64_MAX) return true;
  if (growth > faults.room_bytes + (held ? 0 : faults.ballast_bytes)) return false;
  faults.room_bytes -= growth;
  return true;
}

int close_file(sqlite3_file* file) { return methods(file).xClose(real(file)); }
int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  return methods(file).xRead(real(file), to, amount, offset);
}
int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  if (fails(faults.writes_to_fail)) return SQLITE_IOERR_WRITE;
  sqlite3_int64 size = 0;
  methods(file).xFileSize(real(file), &size);
  if (!take_room(offset + amount - size)) return SQLITE_FULL;
  return methods(file).xWrite(real(file), from, amount, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 to) {
  sqlite3_int64 size = 0;
  methods(file).xFileSize(real(file), &size);
  const int result = methods(file).xTruncate(real(file), to);
  if (result == SQLITE_OK && faults.room_bytes != INT64_MAX) faults.room_bytes += std::max<std::int64_t>(0, size - to);
  return result;
}
int sync_file(sqlite3_file* file, int flags) {
  ++faults.syncs;
  if (fails(faults.syncs_to_fail)) return SQLITE_IOERR_FSYNC;
  return methods(file).xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return methods(file).xFileSize(real(file), size); }
int lock_file(sqlite3_file* file, int lock) { return methods(file).xLock(real(file), lock); }
int unlock_file(sqlite3_file* file, int lock) { return methods(file).xUnlock(real(file), lock); }
int check_lock(sqlite3_file* file, int* out) { return methods(file).xCheckReservedLock(real(file), out); }
int file_control(sqlite3_file* file, int op, void* arg) { return methods(file).xFileControl(real(file), op, arg); }
int sector_size(sqlite3_file* file) { return methods(file).xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return methods(file).xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** to) {
  return methods(file).xShmMap(real(file), region, size, extend, to);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return methods(file).xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return methods(file).xShmUnmap(real(file), remove); }

constexpr sqlite3_io_methods kMethods = {
    2,         close_file,  read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_lock, file_control, sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,  nullptr,      nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<File*>(file);
  ours->base.pMethods = nullptr;
  if (fails(faults.opens_to_fail)) return SQLITE_CANTOPEN;
  ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
  const int result = real_vfs()->xOpen(real_vfs(), name, ours->real, flags, out_flags);
  if (ours->real->pMethods != nullptr) ours->base.pMethods = &kMethods;
  return result;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_directory) {
  return real_vfs()->xDelete(real_vfs(), name, sync_directory);
}

sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs = *real_vfs();
  vfs.pNext = nullptr;
  vfs.zName = kFaultyVfs;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs()->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  return vfs;
}

}  // namespace

void DiskFaults::reset() {
  room_bytes = INT64_MAX;
  syncs_to_fail = writes_to_fail = opens_to_fail = 0;
  syncs = 0;
  ballast.clear();
  ballast_bytes = 0;
}

DiskFaults& faulty_vfs() {
  static sqlite3_vfs vfs = make_vfs();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  (void)registered;
  return faults;
}

}  // namespace cell0
