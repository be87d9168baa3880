#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "scenario/scenario.h"
#include "schedule/schedule.h"

namespace oracle {

/// A serial order, up to who plays: interchangeable scripts are one class.
struct Order {
  std::vector<int>
      roles;  // the script (in Scenario::race) of each role; roles are numbered by their first turn
  std::vector<int> turns;  // an order of single requests: the role of each. Empty: whole scripts,
                           // role after role
  auto operator<=>(const Order&) const = default;
  [[nodiscard]] bool by_request() const { return !turns.empty(); }
};

/// "cancel, then accept"; "nothing" for the order of no scripts.
[[nodiscard]] std::string to_text(const Order& order, const scenario::Scenario& scenario);

/// How many orders these scripts have; `scripts` has one element for each entry, equal ones are
/// interchangeable.
[[nodiscard]] double count_orders(std::vector<int> scripts);

/// Every order of these scripts, or, where there are more than `limit`, that many drawn by the
/// seed.
[[nodiscard]] std::vector<Order> orders_of(std::vector<int> scripts, std::size_t limit,
                                           std::uint64_t seed);

/// Who plays: one entry for each role. `turn` counts the runs of an order: interchangeable entries
/// take turns, so that what belongs to the actor shows as volatile.
[[nodiscard]] std::vector<int> cast(const Order& order, const std::vector<int>& members,
                                    const std::vector<scenario::Entry>& entries, std::size_t turn);

/// What to play for an order and a cast.
[[nodiscard]] schedule::Sequence sequence_of(const Order& order, const std::vector<int>& cast,
                                             base::Nanoseconds pause);

}  // namespace oracle
