#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "callers/permissions.h"
#include "dialect/body.h"
#include "frame/call.h"
#include "store/order_store.h"
#include "strategy/change.h"

/// Who asks in v2 and the lab, and what is theirs: where what callers may meets what they ask for.
/// Without AUTH nobody is anybody, and all of it is allowed.
namespace views {

/// The role that the caller has, or names; nothing if there is none.
[[nodiscard]] base::Result<std::optional<order::Role>, frame::Problem> role_of(
    const frame::Call& call);

/// Who makes a change. A customer changes their own orders only, whoever else changes them
/// meanwhile: that is a condition of the change itself.
[[nodiscard]] store::Actor actor_of(const frame::Call& call, std::optional<order::Role> role);

/// 403 if the caller's role may not do this with any order.
[[nodiscard]] std::optional<frame::Problem> denied(const frame::Call& call, callers::Action action);
/// 403 if the caller may not make this change, whatever the order is like.
[[nodiscard]] std::optional<frame::Problem> denied(const frame::Call& call,
                                                   const strategy::Change& change);

/// Whether an order of that customer is there for the caller.
[[nodiscard]] bool may_see(const frame::Call& call, std::string_view customer_name);

/// Whether the path names an order that is not there for the caller, as it is now: what is read or
/// changed after this has to be looked at again.
[[nodiscard]] asio::awaitable<bool> is_hidden(const frame::Call& call, store::OrderStore& store);

/// Narrows a selection to what the caller may see; false if nothing is left.
[[nodiscard]] bool keep_to_own(const frame::Call& call, store::Selection& selection);

/// A customer orders in their own name, and need not say it.
void name_customer(const frame::Call& call, dialect::Body& body);

}  // namespace views
