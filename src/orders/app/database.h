#pragma once

#include <memory>
#include <string>

#include "settings/settings.h"
#include "store/order_store.h"
#include "store/places.h"

namespace app {

/// The store that the settings name; a new database gets its schema first. Blocks; throws
/// StoreError if it cannot be had. `waited` outlives it.
[[nodiscard]] std::unique_ptr<store::OrderStore> open_store(const settings::Settings& settings,
                                                            store::Waited waited = {});

/// Brings the database to the newest schema, and says what it did.
void migrate(const settings::Settings& settings);

/// The address of the database, without a password.
[[nodiscard]] std::string name_of(const settings::Database& database);

}  // namespace app
