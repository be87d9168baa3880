#pragma once

#include "strategy/change.h"

namespace strategy {

/// The pessimistic lock: SELECT ... FOR UPDATE, then check, wait and write.
///
/// No anomaly: who holds the row is the only one who can have read it with a change in mind. The
/// price is that everybody else waits for as long as it is held, whatever happens meanwhile.
asio::awaitable<Outcome> change_under_lock(Means means, Change change);

}  // namespace strategy
