#pragma once

#include <span>

#include "frame/call.h"
#include "order/order.h"

/// Orders as answers to a call.
namespace views {

/// An order, with its ETag where the API has any.
[[nodiscard]] frame::Answer show(const frame::Call& call, const order::Order& order,
                                 int status = 200);

/// Orders, as a list.
[[nodiscard]] frame::Answer show(const frame::Call& call, std::span<const order::Order> orders);

/// The API's first page: where its orders are.
[[nodiscard]] frame::Answer show_root(const frame::Call& call);

}  // namespace views
