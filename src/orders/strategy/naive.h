#pragma once

#include "strategy/change.h"

namespace strategy {

/// The second half of read, wait, overwrite: waits, then writes every column of `order` as it was
/// read and changed by the caller, with a fresh updated_at.
///
/// Whatever others wrote since the caller read is undone, and an order that they deleted comes
/// back. That is the point: v1 and std are this. Other requests go on during the wait. A coroutine.
asio::awaitable<order::Order> overwrite(Means means, order::Order order, store::Actor actor);

/// Read, wait, overwrite, and no rule.
///
/// Has every anomaly of that: lost update (what others wrote in between is undone), resurrection
/// (what they deleted comes back), and a status that no transition leads to.
asio::awaitable<Outcome> change_naively(Means means, Change change);

}  // namespace strategy
