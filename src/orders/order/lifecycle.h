#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Who may change an order's status from what to what. One table; everything else reads it.
///
///     pending --accept--> preparing --dispatch--> delivering --deliver--> delivered
///        `--cancel--> cancelled  `--cancel--> cancelled
namespace order {

enum class OrderStatus { pending, preparing, delivering, delivered, cancelled };
enum class Role { customer, restaurant, rider, admin };

inline constexpr std::array all_statuses = {OrderStatus::pending, OrderStatus::preparing,
                                            OrderStatus::delivering, OrderStatus::delivered,
                                            OrderStatus::cancelled};
inline constexpr std::array all_roles = {Role::customer, Role::restaurant, Role::rider,
                                         Role::admin};

/// One permission: `who` may change `from` into `to`. A change that two roles may make has two
/// rows.
struct Transition {
  OrderStatus from;
  OrderStatus to;
  Role who;
};

inline constexpr std::array lifecycle = {
    Transition{OrderStatus::pending, OrderStatus::preparing, Role::restaurant},
    Transition{OrderStatus::pending, OrderStatus::cancelled, Role::customer},
    Transition{OrderStatus::pending, OrderStatus::cancelled, Role::restaurant},
    Transition{OrderStatus::preparing, OrderStatus::cancelled, Role::restaurant},
    Transition{OrderStatus::preparing, OrderStatus::delivering, Role::restaurant},
    Transition{OrderStatus::preparing, OrderStatus::delivering, Role::rider},
    Transition{OrderStatus::delivering, OrderStatus::delivered, Role::rider},
    // What anybody may; an order that has come to its end stays there for an admin too.
    Transition{OrderStatus::pending, OrderStatus::preparing, Role::admin},
    Transition{OrderStatus::pending, OrderStatus::cancelled, Role::admin},
    Transition{OrderStatus::preparing, OrderStatus::cancelled, Role::admin},
    Transition{OrderStatus::preparing, OrderStatus::delivering, Role::admin},
    Transition{OrderStatus::delivering, OrderStatus::delivered, Role::admin},
};

/// Why a change of status is refused.
enum class Refusal {
  same_status,    // the order has that status already
  no_transition,  // nobody may change this into that
  wrong_role,     // another role may
};

[[nodiscard]] base::Result<void, Refusal> may_change(OrderStatus from, OrderStatus to, Role who);

/// The statuses from which `who` may change an order to `to`: the condition of a conditional
/// update. May be empty.
[[nodiscard]] std::vector<OrderStatus> sources(OrderStatus to, Role who);

/// The role whose change to `to` it usually is: what a caller who names no role is taken for.
[[nodiscard]] Role usual_role(OrderStatus to);

[[nodiscard]] std::string_view name_of(OrderStatus status);
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<OrderStatus> status_named(std::string_view name);
[[nodiscard]] std::optional<Role> role_named(std::string_view name);

}  // namespace order
