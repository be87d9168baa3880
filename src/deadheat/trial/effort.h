#pragma once

#include <vector>

#include "oracle/oracle.h"
#include "record/codes.h"
#include "scenario/scenario.h"
#include "trial/ledger.h"

namespace trial {

/// What `clean` still lacks; empty when it is earned (doc/verdicts.md).
[[nodiscard]] std::vector<record::Reason> missing_effort(const Ledger& ledger,
                                                         const oracle::Oracle& oracle,
                                                         const scenario::Scenario& scenario);

/// At least so many attempts must count for `clean`: the 95 % bound on the rate is at most 5 %
/// then.
inline constexpr int least_effort = 59;

}  // namespace trial
