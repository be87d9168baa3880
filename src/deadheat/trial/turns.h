#pragma once

#include "oracle/order.h"
#include "record/facts.h"
#include "scenario/scenario.h"

namespace trial {

/// An order as the record has it: scripts by their names, copies in a row counted.
[[nodiscard]] record::Order turns_of(const oracle::Order& order,
                                     const scenario::Scenario& scenario);

}  // namespace trial
