#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "order/order.h"

namespace app {

/// Example orders 1, 2, ... `count`, the same every time; all pending. Created a minute apart from
/// each other, before `now`.
[[nodiscard]] std::vector<order::Order> example_orders(std::size_t count, order::Timestamp now);

/// Brings them into the database and says how many were new. Ids that are taken are left alone.
void load(const std::string& database, std::size_t count);

}  // namespace app
