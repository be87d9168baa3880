#pragma once

#include "strategy/change.h"

namespace strategy {

/// Check-then-act inside one transaction, as databases begin it by default.
///
/// On PostgreSQL that is READ COMMITTED, which cures nothing: a plain SELECT holds no row, so
/// others may change it before the UPDATE, which then writes over them. The anomalies are those of
/// check-then-act.
/// On SQLite every transaction reads a snapshot, and one that wants to write after others did is
/// refused (SQLITE_BUSY_SNAPSHOT): no anomaly, but a conflict that nobody tries again.
asio::awaitable<Outcome> change_in_transaction(Means means, Change change);

}  // namespace strategy
