#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trial/target_testing.h"

/// The targets that whole runs are simulated on.
namespace cases {

/// A row of the table. Targets are correct unless it says otherwise: no attempt on them is a race.
enum class Group {
  correct,
  waits,          // requests for one resource wait for each other, or are turned away with 429
  reads_late,     // reads show the state as it was a little ago
  one_at_a_time,  // one worker, with or without a connection for everybody
  flips,          // a word flips by itself in 0.1, 0.3 or 1 % of what is read or answered
  mixes_lanes,    // an answer tells whether others go on side by side
  counts,         // a stock that no reset restores; racy or not
  racy,           // a check and an act, a stale answer
  errors,         // 500 under contention
  rule,           // a rule that holds serially; racy or not
  no_baseline,    // likewise, but a value is another in every second run
  broken,         // a rule that no order keeps
  lost_in_races,  // answers are lost, of races only; racy or not
  flaky,          // answers are lost, of serial runs as of races
  stops,          // the target stops, and comes back or not; racy or not
  reset_fails,    // once
};
inline constexpr int groups = static_cast<int>(Group::reset_fails) + 1;
[[nodiscard]] const char* name_of(Group group);

struct Case {
  Group group = Group::correct;
  simulated::Target target;
  simulated::Faults faults;
  scenario::Scenario scenario;
  bool correct = true;
  double rate = 0;  // of attempts that no order explains, as the planner has them; measured
};

/// Every case, in an order drawn by the seed. Rates are measured by as many attempts.
[[nodiscard]] std::vector<Case> all(std::uint64_t seed, int attempts_per_rate);

}  // namespace cases
