#pragma once

#include "experiment/experiment.h"
#include "oracle/oracle.h"
#include "record/record.h"
#include "trial/ledger.h"

namespace finding {

/// The record of a run: verdict, sentence, what was learnt and tried. Pure.
[[nodiscard]] record::Record summarise(const race::Course& course, const Options& options,
                                       const Ledger& ledger, const oracle::Oracle& oracle,
                                       base::Nanoseconds elapsed);

}  // namespace finding
