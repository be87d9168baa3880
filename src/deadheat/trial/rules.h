#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expression/expression.h"
#include "outcome/outcome.h"
#include "record/facts.h"
#include "scenario/scenario.h"

namespace trial {

/// A rule that does not hold in an outcome, or cannot be computed on it.
struct BrokenRule {
  std::string name;
  scenario::Place place;
  std::string values;       // what it looked at: the part of its input that it names, as JSON
  record::RuleError error;  // where it could not be computed
};

/// The rules of the scenario that an outcome breaks, in their order.
[[nodiscard]] std::vector<BrokenRule> broken_rules(const outcome::Outcome& outcome,
                                                   const scenario::Scenario& scenario,
                                                   const expression::Evaluate& evaluate);

/// The reason of the first permit that covers the outcome.
[[nodiscard]] std::optional<std::string> permitted(const outcome::Outcome& outcome,
                                                   const scenario::Scenario& scenario,
                                                   const expression::Evaluate& evaluate);

}  // namespace trial
