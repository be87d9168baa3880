#pragma once

#include "experiment/ledger.h"
#include "expression/expression.h"
#include "oracle/oracle.h"
#include "scenario/scenario.h"

namespace experiment {

/// What a finder of a race has to know to explain it. Borrows.
struct Evidence {
  const Ledger& ledger;
  const oracle::Oracle& oracle;
  const scenario::Scenario& scenario;
  const expression::Evaluate& evaluate;
};

}  // namespace experiment
