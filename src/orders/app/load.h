#pragma once

#include <cstddef>
#include <vector>

#include "order/order.h"
#include "settings/settings.h"

namespace app {

/// Of the example orders 1, 2, ... `count` those from `first` on, at most `limit`. They are the
/// same every time; all pending. Created a minute apart from each other, before `now`.
[[nodiscard]] std::vector<order::Order> example_orders(std::size_t count, order::Timestamp now,
                                                       std::size_t first = 1,
                                                       std::size_t limit = 1'000);

/// Brings them into the database and says how many were new. Ids that are taken are left alone.
void load(const settings::Settings& settings, std::size_t count);

}  // namespace app
