#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "store/order_store.h"

namespace strategy {

/// The second half of read, wait, overwrite: waits `gap`, then writes every column of `order` as it
/// was read and changed by the caller, with a fresh updated_at.
///
/// Whatever others wrote since the caller read is undone, and an order that they deleted comes
/// back. That is the point: v1 and std are this. Other requests go on during the wait. A coroutine;
/// `store` and `clock` outlive it.
asio::awaitable<order::Order> overwrite(store::OrderStore& store, const base::Clock& clock,
                                        order::Order order, base::Nanoseconds gap,
                                        store::Actor actor);

}  // namespace strategy
