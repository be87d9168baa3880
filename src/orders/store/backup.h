#pragma once

#include <cstdint>
#include <string>

namespace store {

struct Backup {
  std::int64_t orders = 0;
  std::int64_t bytes = 0;
};

/// Copies a SQLite database, as it is after some commit, while others read and write it. The copy
/// is one file without a log, checked (PRAGMA integrity_check) and on disk when this returns; until
/// then it stands under another name beside `destination`, which must not be there yet. Only its
/// owner may read it. Throws StoreError, or std::system_error for the copy. Blocks.
Backup back_up(const std::string& database, const std::string& destination);

}  // namespace store
