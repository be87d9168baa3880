#pragma once

#include <cstdint>
#include <string>

#include "cases.h"
#include "record/record.h"
#include "trial/play_testing.h"

namespace cases {

/// A whole run, and what is wrong with it.
struct Run {
  record::Record record;
  simulated::Course course;
  int requests = 0;
  int fewest = 0;     // scripts that are enough for the race; 0: nobody looked
  std::string wrong;  // empty: all is as it has to be
};

/// Plays a whole run of a case: sets up, learns, races, proves, explores, and looks for the fewest.
/// `interrupt_at`: as in simulated::play. Any thread.
[[nodiscard]] Run run(const Case& of, std::uint64_t seed, int interrupt_at);

}  // namespace cases
