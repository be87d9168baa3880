#pragma once

#include "base/clock.h"
#include "race/cast.h"
#include "race/lane.h"
#include "schedule/schedule.h"

namespace race {

/// Brings all parts to the gate, opens it, releases them as the schedule says, and plays them to
/// their ends. When the gate opened; 0 if it did not, because a part failed or the run was stopped:
/// the rest of what was held is never sent then.
///
/// Sync::held: this thread writes the held bytes of all, one after another, at their times.
/// Sync::threads: each part has a thread of its own, and they meet at a barrier.
[[nodiscard]] base::Nanoseconds release(Lane& lane, Cast& cast, const schedule::Schedule& schedule);

}  // namespace race
