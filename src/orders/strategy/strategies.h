#pragma once

#include <span>
#include <string_view>

#include "strategy/change.h"

namespace strategy {

/// A way to make a change that others may make at the same time.
struct Strategy {
  std::string_view name;  // as it stands in /lab/NAME/orders/
  asio::awaitable<Outcome> (*change)(Means, Change);
};

/// From the one that has every anomaly to those that have none.
[[nodiscard]] std::span<const Strategy> all_strategies();

/// Null if there is none of that name.
[[nodiscard]] const Strategy* find_strategy(std::string_view name);

}  // namespace strategy
