#include "order/lifecycle.h"

#include <algorithm>
#include <cstddef>

namespace order {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, all_statuses.size()> status_names = {
    "pending", "preparing", "delivering", "delivered", "cancelled"};
constexpr std::array<std::string_view, all_roles.size()> role_names = {"customer", "restaurant",
                                                                       "rider", "admin"};

template <class Value, std::size_t size>
std::optional<Value> value_named(const std::array<std::string_view, size>& names,
                                 std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

}  // namespace

base::Result<void, Refusal> may_change(OrderStatus from, OrderStatus to, Role who) {
  if (from == to) return base::failure(Refusal::same_status);
  bool somebody = false;
  for (const Transition& row : lifecycle) {
    if (row.from != from || row.to != to) continue;
    if (row.who == who) return {};
    somebody = true;
  }
  return base::failure(somebody ? Refusal::wrong_role : Refusal::no_transition);
}

std::vector<OrderStatus> sources(OrderStatus to, Role who) {
  std::vector<OrderStatus> from;
  for (const Transition& row : lifecycle)
    if (row.to == to && row.who == who) from.push_back(row.from);
  return from;
}

Role usual_role(OrderStatus to) {
  switch (to) {
    case OrderStatus::preparing:
    case OrderStatus::delivering:
      return Role::restaurant;
    case OrderStatus::delivered:
      return Role::rider;
    case OrderStatus::pending:
    case OrderStatus::cancelled:
      break;
  }
  return Role::customer;
}

std::string_view name_of(OrderStatus status) {
  return status_names.at(static_cast<std::size_t>(status));
}
std::string_view name_of(Role role) { return role_names.at(static_cast<std::size_t>(role)); }

std::optional<OrderStatus> status_named(std::string_view name) {
  return value_named<OrderStatus>(status_names, name);
}
std::optional<Role> role_named(std::string_view name) {
  return value_named<Role>(role_names, name);
}

}  // namespace order
