#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

namespace store {

/// A disk in memory that can lose its power, as a VFS of SQLite: the default one while it lives.
///
/// A write is seen at once by who reads, but is only on its way to the disk until xSync. When the
/// power fails, any part of what was on its way may have arrived, sector by sector and in any
/// order. For one connection at a time: its locks lock nobody out.
class TestDisk {
 public:
  explicit TestDisk(std::uint64_t seed);
  ~TestDisk();
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;

  /// The power fails in the middle of the Nth write, truncation or sync from now on; everything
  /// after that is an I/O error.
  void fail_after(std::uint64_t operations) { countdown_ = operations; }
  [[nodiscard]] bool has_power() const { return powered_; }
  /// The power is back: files are what was synced, and of the rest what chance let through.
  void restore_power();
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

 private:
  struct Write {
    std::size_t offset;
    std::string bytes;
  };
  struct File {
    std::string seen;
    std::string synced;
    bool exists_synced = false;
    std::vector<Write> unsynced;
    std::vector<std::unique_ptr<char[]>> shared;  // the index of a write-ahead log
  };
  struct Handle;
  struct Methods;

  /// Counts down; false if there is no power (any more).
  bool spend();
  void arrive(File& file, const Write& write);

  sqlite3_vfs vfs_{};
  sqlite3_vfs* usual_;
  base::Random random_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::uint64_t countdown_ = 0;  // 0: not set
  std::uint64_t syncs_ = 0;
  bool powered_ = true;
};

}  // namespace store
