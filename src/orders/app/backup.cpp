#include "app/backup.h"

#include <fmt/format.h>

#include <cstdio>

#include "store/backup.h"

namespace app {

bool backup(const settings::Settings& settings, const std::string& file) {
  if (settings.database.kind == settings::Database::Kind::postgres) {
    fmt::print(stderr,
               "orders: PostgreSQL makes its own backups while it is in use:\n"
               "  pg_dump --format=custom --file={} \"$DATABASE_URL\"\n",
               file);
    return false;
  }
  const store::Backup made = store::back_up(settings.database.location, file);
  fmt::print("{}: {} orders, {} bytes, checked\n", file, made.orders, made.bytes);
  return true;
}

}  // namespace app
