#pragma once

#include <vector>

#include "../pattern.h"

/// The patterns, a file for each family.
namespace lab {

[[nodiscard]] std::vector<Pattern> limits();     // more than there are
[[nodiscard]] std::vector<Pattern> money();      // sums that do not add up
[[nodiscard]] std::vector<Pattern> once();       // what may exist, or happen, once
[[nodiscard]] std::vector<Pattern> documents();  // changes that get lost
[[nodiscard]] std::vector<Pattern> states();     // steps of a lifecycle that exclude each other

/// All of them, each with its `source`.
[[nodiscard]] std::vector<Pattern> all_patterns();
[[nodiscard]] std::vector<Control> all_controls();

}  // namespace lab
