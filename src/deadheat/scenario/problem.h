#pragma once

#include <string>

#include "scenario/scenario.h"

namespace scenario {

/// Something in a scenario that is not as it should be.
struct Problem {
  std::string file;
  Place place;
  std::string message;  // what was found and what was expected
};

/// "pay.yaml:14:5: race has 1 script, needs 2 or more (or times: 2)"
[[nodiscard]] std::string to_text(const Problem& problem);

}  // namespace scenario
