#include "store/disk_testing.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace store {
namespace {

constexpr std::size_t sector = 512;

void put(std::string& file, std::size_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
  file.replace(offset, bytes.size(), bytes);
}

}  // namespace

/// What SQLite holds of an open file. A file without a name is nobody else's. (Shared: a file may
/// be deleted while it is open.)
struct TestDisk::Handle {
  sqlite3_file base;
  TestDisk* disk;
  std::shared_ptr<File> file;
};

/// The functions that SQLite calls.
struct TestDisk::Methods {
  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static TestDisk& of(sqlite3_vfs* vfs) { return *static_cast<TestDisk*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    of(file).file.~shared_ptr();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 from) {
    const std::string& seen = of(file).file->seen;
    if (!of(file).disk->powered_) return SQLITE_IOERR_READ;
    const auto wanted = static_cast<std::size_t>(size);
    const std::size_t begin = std::min(static_cast<std::size_t>(from), seen.size());
    const std::size_t there = std::min(wanted, seen.size() - begin);
    std::memset(to, 0, wanted);
    std::memcpy(to, seen.data() + begin, there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 to) {
    File& written = *of(file).file;
    if (!of(file).disk->powered_) return SQLITE_IOERR_WRITE;
    const Write write{static_cast<std::size_t>(to),
                      {static_cast<const char*>(from), static_cast<std::size_t>(size)}};
    written.unsynced.push_back(write);
    if (!of(file).disk->spend()) return SQLITE_IOERR_WRITE;
    put(written.seen, write.offset, write.bytes);
    return SQLITE_OK;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (!of(file).disk->spend()) return SQLITE_IOERR_TRUNCATE;
    of(file).file->seen.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* file, int) {
    if (!of(file).disk->spend()) return SQLITE_IOERR_FSYNC;
    File& synced = *of(file).file;
    synced.synced = synced.seen;
    synced.exists_synced = true;
    synced.unsynced.clear();
    ++of(file).disk->syncs_;
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(file).file->seen.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int is_reserved(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return sector; }
  // As the usual VFS: to lose a write does no harm to its neighbours.
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    auto& shared = of(file).file->shared;
    const auto wanted = static_cast<std::size_t>(page);
    while (extend != 0 && shared.size() <= wanted)
      shared.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *out = wanted < shared.size() ? shared[wanted].get() : nullptr;
    return SQLITE_OK;
  }
  static int lock_shared(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) {}
  static int unmap_shared(sqlite3_file* file, int) {
    of(file).file->shared.clear();
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* flags_out) {
    static const sqlite3_io_methods methods = {.iVersion = 2,
                                               .xClose = close,
                                               .xRead = read,
                                               .xWrite = write,
                                               .xTruncate = truncate,
                                               .xSync = sync,
                                               .xFileSize = file_size,
                                               .xLock = lock,
                                               .xUnlock = lock,
                                               .xCheckReservedLock = is_reserved,
                                               .xFileControl = control,
                                               .xSectorSize = sector_size,
                                               .xDeviceCharacteristics = characteristics,
                                               .xShmMap = map_shared,
                                               .xShmLock = lock_shared,
                                               .xShmBarrier = barrier,
                                               .xShmUnmap = unmap_shared};
    file->pMethods = nullptr;
    TestDisk& disk = of(vfs);
    if (!disk.powered_) return SQLITE_CANTOPEN;
    auto opened = std::make_shared<File>();
    if (name != nullptr) opened = disk.files_.try_emplace(name, std::move(opened)).first->second;
    new (file) Handle{{&methods}, &disk, std::move(opened)};
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    if (!of(vfs).spend()) return SQLITE_IOERR_DELETE;
    return of(vfs).files_.erase(name) == 1 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* there) {
    *there = of(vfs).files_.contains(name) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
    return sqlite3_snprintf(size, out, "%s", name) != nullptr ? SQLITE_OK : SQLITE_CANTOPEN;
  }
};

TestDisk::TestDisk(std::uint64_t seed) : usual_(sqlite3_vfs_find(nullptr)), random_(seed) {
  vfs_ = *usual_;
  vfs_.pNext = nullptr;
  vfs_.zName = "test-disk";
  vfs_.pAppData = this;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.xOpen = Methods::open;
  vfs_.xDelete = Methods::remove;
  vfs_.xAccess = Methods::access;
  vfs_.xFullPathname = Methods::full_name;
  sqlite3_vfs_register(&vfs_, 1);
}

TestDisk::~TestDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(usual_, 1);
}

bool TestDisk::spend() {
  if (countdown_ > 0 && --countdown_ == 0) powered_ = false;
  return powered_;
}

void TestDisk::arrive(File& file, const Write& write) {
  enum Fate : std::uint64_t { none, whole, parts };
  const auto fate = static_cast<Fate>(random_.below(3));
  for (std::size_t at = 0; at < write.bytes.size(); at += sector)
    if (fate == whole || (fate == parts && random_.below(2) == 0))
      put(file.synced, write.offset + at, std::string_view(write.bytes).substr(at, sector));
}

void TestDisk::restore_power() {
  for (auto entry = files_.begin(); entry != files_.end();) {
    File& file = *entry->second;
    // A file that was never synced may be there or not, as its folder's entry may.
    const bool is_there = file.exists_synced || random_.below(2) == 0;
    for (const Write& write : file.unsynced) arrive(file, write);
    auto survivor = std::make_shared<File>();
    survivor->seen = survivor->synced = std::move(file.synced);
    survivor->exists_synced = true;
    entry->second = std::move(survivor);
    entry = is_there ? std::next(entry) : files_.erase(entry);
  }
  countdown_ = 0;
  powered_ = true;
}

}  // namespace store
