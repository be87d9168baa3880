#include <array>
#include <cstdint>

#include "store/sqlite_store.h"

namespace store {
namespace {

std::int64_t schema_version(sqlite::Connection& connection) {
  sqlite::Statement find = connection.prepare(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'");
  if (!sqlite::Run(find, {}).next()) return 0;
  sqlite::Statement read =
      connection.prepare("SELECT coalesce(max(version), 0) FROM schema_version");
  sqlite::Run run(read, {});
  return run.next() ? run.row().integer(0) : 0;
}

}  // namespace

Migrated SqliteStore::migrate(sqlite::Connection& connection, Migrate which) {
  const std::int64_t newest = newest_schema();
  if (schema_version(connection) == newest) return {newest, newest};
  // Another process may be at it too; the one that gets the lock second finds the work done.
  sqlite::WriteTransaction transaction(connection);
  connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
  const std::int64_t found = schema_version(connection);
  require_migratable(found, which);
  for (std::int64_t version = found + 1; version <= newest; ++version) {
    connection.execute(migrations()[static_cast<std::size_t>(version - 1)].sqlite);
    const std::array<sqlite::Parameter, 1> done = {version};
    sqlite::Statement note = connection.prepare("INSERT INTO schema_version VALUES (?)");
    sqlite::Run(note, done).finish();
  }
  transaction.commit();
  return {found, newest};
}

Migrated SqliteStore::migrate(const std::string& path, std::chrono::milliseconds busy_timeout) {
  sqlite::Connection connection(path, busy_timeout);
  return migrate(connection, Migrate::all);
}

}  // namespace store
