#pragma once

#include <optional>

#include "experiment/experiment.h"
#include "trial/fewest.h"
#include "trial/ledger.h"

namespace experiment {

/// How few scripts are enough for the race that was proven: races of smaller groups, one after
/// another, on the same target. Between the run and its teardown. Nothing where that is no question
/// (trial::narrowing).
[[nodiscard]] std::optional<trial::Fewest> narrow(race::Course& course, const Options& options,
                                                  const trial::Ledger& ledger,
                                                  base::Nanoseconds elapsed);

}  // namespace experiment
