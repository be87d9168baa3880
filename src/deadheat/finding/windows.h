#pragma once

#include <vector>

#include "record/record.h"
#include "scenario/scenario.h"
#include "trial/ledger.h"

namespace finding {

/// Which schedules hit, and how often, the surest first: what was released together by its manner,
/// what was not by who was late, from the shortest lag that hit to the longest. Of the attempts
/// that the finding's rate is of. Pure.
[[nodiscard]] std::vector<record::ScheduleRate> windows(
    const std::vector<trial::Attempt>& attempts);

/// Of two scripts: between which lags it hits, with the gate where it hits most often. Of the same
/// attempts and those after the proof; not known where nothing hits, or more take part. Pure.
[[nodiscard]] record::Window window(const std::vector<trial::Attempt>& attempts,
                                    const scenario::Scenario& scenario);

}  // namespace finding
