#pragma once

#include "strategy/change.h"

namespace strategy {

/// The lifecycle table as the condition of one statement: UPDATE ... WHERE status IN (...). /api/v2
/// is this.
///
/// No anomaly: nothing is read before, so there is nothing that could change in between. Of any
/// number of callers, in any number of processes, the database lets exactly those through whom the
/// table allows, one after another. What happens meanwhile comes first.
asio::awaitable<Outcome> change_conditionally(Means means, Change change);

}  // namespace strategy
