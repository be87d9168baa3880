#pragma once

#include <string>

#include "settings/settings.h"

namespace app {

/// Copies the database into a new file while it is in use, and says how much that was. For
/// PostgreSQL it says which command does; false then.
bool backup(const settings::Settings& settings, const std::string& file);

}  // namespace app
