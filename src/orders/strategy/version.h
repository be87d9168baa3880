#pragma once

#include "strategy/change.h"

namespace strategy {

/// The optimistic lock: read, check, wait, then write provided that the version is still the one
/// that was read (compare-and-set). Who loses begins again.
///
/// No anomaly: what was checked is what is written over, or nothing is written. Cheap while changes
/// of one order are rare; with many at once, most of the work is done in vain.
asio::awaitable<Outcome> change_by_version(Means means, Change change);

}  // namespace strategy
