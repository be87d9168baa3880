#pragma once

#include "strategy/change.h"

namespace strategy {

/// Check-then-act inside a SERIALIZABLE transaction, begun again as often as the database says that
/// it does not fit into any order (40001).
///
/// No anomaly, whatever the code reads and writes: the database watches what was read. The price is
/// the retries, and that every transaction that matters has to be serializable.
asio::awaitable<Outcome> change_serializably(Means means, Change change);

}  // namespace strategy
