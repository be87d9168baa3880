#pragma once

#include <set>
#include <string>

#include "outcome/outcome.h"
#include "scenario/scenario.h"

/// What the scenario says of places: those that do not count, and those that count by how far they
/// moved. A place is a path into the rules' input; [] stands for every element, or every member.
namespace oracle {

/// Deletes what `mask:` names. A path that leads nowhere deletes nothing.
void apply_mask(outcome::Outcome& outcome, const scenario::Scenario& scenario);

/// The places that `counts:` names, as patterns write them; [] stays.
[[nodiscard]] std::set<std::string> counted_places(const scenario::Scenario& scenario);

}  // namespace oracle
