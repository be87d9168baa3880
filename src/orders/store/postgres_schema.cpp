// The schema, by a second client of libpq: one that blocks, for a program that has nothing else to
// do yet.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "store/postgres_store.h"

namespace store {
namespace {

class Blocking {
 public:
  explicit Blocking(const postgres::Server& server) {
    const std::string seconds =
        std::to_string(std::chrono::ceil<std::chrono::seconds>(server.connect_timeout).count());
    const std::array names = {"dbname", "connect_timeout", "client_encoding",
                              "fallback_application_name", static_cast<const char*>(nullptr)};
    const std::array values = {server.url.c_str(), seconds.c_str(), "UTF8", "orders",
                               static_cast<const char*>(nullptr)};
    libpq_.reset(PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/1));
    if (PQstatus(libpq_.get()) != CONNECTION_OK)
      throw StoreError(StoreError::Outcome::not_committed,
                       fmt::format("PostgreSQL: cannot reach {}: {}",
                                   base::without_secrets(server.url), message(server.url)));
    PQsetNoticeProcessor(
        libpq_.get(), [](void*, const char*) {}, nullptr);
  }

  /// The first value of the first row; nothing if there is none.
  std::optional<std::string> run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(libpq_.get(), sql.c_str()),
                                                               &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      throw StoreError(StoreError::Outcome::not_committed, "PostgreSQL: " + message(""));
    if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) != 0) return std::nullopt;
    return std::string(PQgetvalue(result.get(), 0, 0));
  }

 private:
  [[nodiscard]] std::string message(const std::string& url) const {
    return postgres::told_by_libpq(PQerrorMessage(libpq_.get()), url);
  }

  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> libpq_;
};

std::int64_t schema_version(Blocking& database) {
  // Not by to_regclass(), which may remember from before the lock that there was none.
  if (!database.run("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() "
                    "AND tablename = 'schema_version'"))
    return 0;
  return std::stoll(*database.run("SELECT coalesce(max(version), 0) FROM schema_version"));
}

}  // namespace

Migrated PostgresStore::migrate(const postgres::Server& server, Migrate which) {
  const std::int64_t newest = newest_schema();
  Blocking database(server);
  if (schema_version(database) == newest) return {newest, newest};
  database.run("BEGIN");
  // Any number, as long as all programs that migrate have the same. Who gets it second finds the
  // work done.
  database.run("SELECT pg_advisory_xact_lock(7266110531)");
  const std::int64_t found = schema_version(database);
  require_migratable(found, which);
  database.run("CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY)");
  for (std::int64_t version = found + 1; version <= newest; ++version) {
    database.run(migrations()[static_cast<std::size_t>(version - 1)].postgres);
    database.run(fmt::format("INSERT INTO schema_version VALUES ({})", version));
  }
  database.run("COMMIT");
  return {found, newest};
}

}  // namespace store
