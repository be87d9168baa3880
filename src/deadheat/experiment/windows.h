#pragma once

#include <vector>

#include "experiment/ledger.h"
#include "record/record.h"

namespace experiment {

/// Which schedules hit, and how often, the surest first: what was released together by its manner,
/// what was not by who was late, from the shortest lag that hit to the longest. Of the attempts
/// that the finding's rate is of. Pure.
[[nodiscard]] std::vector<record::ScheduleRate> windows(const std::vector<Attempt>& attempts,
                                                        const scenario::Scenario& scenario);

}  // namespace experiment
