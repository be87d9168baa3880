#pragma once

#include "scenario/fields.h"
#include "scenario/parse.h"
#include "scenario/yaml.h"

namespace scenario {

/// Puts the environment's values in place of ${VAR} and ${VAR:-default}, in every scalar but keys.
/// A plain scalar takes its type from the result.
void substitute(yaml::Node& node, const Environment& environment, Problems& problems);

}  // namespace scenario
