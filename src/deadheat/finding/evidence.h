#pragma once

#include "expression/expression.h"
#include "oracle/oracle.h"
#include "scenario/scenario.h"
#include "trial/ledger.h"

namespace finding {

/// What a finder of a race has to know to explain it. Borrows.
struct Evidence {
  const trial::Ledger& ledger;
  const oracle::Oracle& oracle;
  const scenario::Scenario& scenario;
  const expression::Evaluate& evaluate;
};

}  // namespace finding
