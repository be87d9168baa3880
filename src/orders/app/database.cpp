#include "app/database.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/address.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"
#include "store/store_threads.h"
#include "views/options.h"

namespace app {
namespace {

using Kind = settings::Database::Kind;

std::chrono::milliseconds in_milliseconds(base::Nanoseconds time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

/// How long a transaction may be silent beyond the wait that a client of the lab asked for.
constexpr std::chrono::seconds idle_beyond_gap{5};

store::postgres::Server server_of(const settings::Settings& settings) {
  return {.url = settings.database.location,
          .connect_timeout = in_milliseconds(settings.database_limits.connect),
          .statement_timeout = in_milliseconds(settings.database_limits.statement),
          .idle_transaction_timeout = views::longest_gap + idle_beyond_gap};
}

}  // namespace

std::unique_ptr<store::OrderStore> open_store(const settings::Settings& settings,
                                              store::Waited waited) {
  const settings::DatabaseLimits& limits = settings.database_limits;
  const auto wait = in_milliseconds(limits.wait);
  if (settings.database.kind == Kind::postgres)
    return std::make_unique<store::PostgresStore>(
        store::PostgresStore::Options{.server = server_of(settings),
                                      .connections = limits.connections,
                                      .transactions = limits.transactions,
                                      .patience = wait,
                                      .waited = std::move(waited)});
  const auto open = [file = settings.database.location, wait,
                     known = std::make_shared<store::KnownOrders>()] {
    return std::make_unique<store::SqliteStore>(file, wait, known);
  };
  return std::make_unique<store::StoreThreads>(
      open,
      store::StoreThreads::Options{
          .transactions = limits.transactions, .patience = wait, .waited = std::move(waited)});
}

void migrate(const settings::Settings& settings) {
  const store::Migrated done =
      settings.database.kind == Kind::postgres
          ? store::PostgresStore::migrate(server_of(settings))
          : store::SqliteStore::migrate(settings.database.location,
                                        in_milliseconds(settings.database_limits.wait));
  if (done.from == done.to) {
    fmt::print("{}: schema version {}, nothing to do\n", name_of(settings.database), done.to);
    return;
  }
  for (std::int64_t version = done.from + 1; version <= done.to; ++version)
    fmt::print("{}: {}\n", version,
               store::migrations()[static_cast<std::size_t>(version - 1)].what);
  fmt::print("{}: schema version {}, was {}\n", name_of(settings.database), done.to, done.from);
}

std::string name_of(const settings::Database& database) {
  return base::without_secrets(database.location);
}

}  // namespace app
