#pragma once

#include "scenario/names.h"
#include "scenario/request_reader.h"
#include "scenario/scenario.h"
#include "scenario/yaml.h"

namespace scenario {

/// Reads `sinks:`, when what may use their addresses has been read already: `uses` tells.
void read_sinks(const yaml::Node& node, Scenario& scenario, RequestReader& requests,
                const Uses& uses, Problems& problems);

}  // namespace scenario
