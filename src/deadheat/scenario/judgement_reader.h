#pragma once

#include "scenario/fields.h"
#include "scenario/scenario.h"
#include "scenario/yaml.h"

/// What of a scenario says how outcomes are judged: rules, mask, counts, permit, compare.
namespace scenario {

void read_judgement(const yaml::Node& root, Scenario& scenario, Problems& problems);

/// A rule over a misspelt name would compare null with something, and hold:
/// `.after.coupn.body.used <= 5`. Once all is read.
void check_judged_names(const Scenario& scenario, Problems& problems);

}  // namespace scenario
