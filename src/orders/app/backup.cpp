#include "app/backup.h"

#include <fmt/format.h>

#include <cstdio>

#include "store/backup.h"

namespace app {

bool backup(const settings::Settings& settings, const std::string& file) {
  const store::Backup made = store::back_up(settings.database, file);
  fmt::print("{}: {} orders, {} bytes, checked\n", file, made.orders, made.bytes);
  return true;
}

}  // namespace app
