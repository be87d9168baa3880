#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "order/lifecycle.h"

/// Who asks, and what they may. Which change of status a role may make is the lifecycle's to say.
namespace callers {

/// Somebody who has shown a token.
struct Caller {
  order::Role role = order::Role::customer;
  std::string name;              // of a customer: the customer_name of their orders
  base::Nanoseconds expires{0};  // wall time from which on the token is worth nothing
};

/// What can be done with orders, but for two things: all see the orders that are there for them
/// (sees), and change their status as the lifecycle has it.
enum class Action { create, edit, remove };

/// Whether a role may do this with the orders that are there for it.
[[nodiscard]] bool may(order::Role who, Action action);

/// Customers have to do with their own orders only, and do not learn that there are others: these
/// are not there. To all other roles any order is.
[[nodiscard]] bool sees(const Caller& caller, std::string_view customer_name);

}  // namespace callers
