#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// The schema of both databases, as the steps that led to it.
namespace store {

/// Migration N, counted from 1, brings a database from schema version N - 1 to N: one transaction,
/// in each database's own words. Never edited, only added to.
struct Migration {
  std::string_view what;
  const char* sqlite;
  const char* postgres;
};

[[nodiscard]] std::span<const Migration> migrations();
[[nodiscard]] std::int64_t newest_schema();

/// What may be migrated.
enum class Migrate {
  new_ones,  // a database that has no schema yet; an older schema is an error
  all,
};

/// The schema version that was found, and the one that there is now.
struct Migrated {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Throws StoreError, which says what to do, unless a database of schema version `found` has the
/// newest one or may be brought there. 0: it is new.
void require_migratable(std::int64_t found, Migrate which);

}  // namespace store
