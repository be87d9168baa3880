#pragma once

#include "strategy/change.h"

namespace strategy {

/// Read, check the rule, wait, write: what a careful programmer writes first.
///
/// Passes every test that asks one thing at a time. Has the anomaly it is named for (TOCTOU): what
/// was checked need not hold any more when it is acted on, so two who both found the order pending
/// are both told yes. And since it writes the row that it read, it loses updates, too.
asio::awaitable<Outcome> change_after_check(Means means, Change change);

}  // namespace strategy
