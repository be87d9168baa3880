#pragma once

#include "trial/stage_testing.h"
#include "trial/trial.h"

namespace simulated {

/// How a trial was played.
struct Course {
  Nanoseconds now{0};  // when it was over
  int turns = 0;       // of the loop: jobs begun, results heard, waits
  int jobs = 0;
  int most_beside = 0;  // jobs in flight at a time
  bool interrupted = false;
  bool hung = false;  // nothing was to come any more, or it went on for longer than it may
};

/// Plays a trial to its end, as experiment's loop does: begins what it asks for, waits, and tells
/// it what came of it, on a clock that jumps to the next thing. `interrupt_at`: the turn of the
/// loop at which the user has enough; 0: never.
[[nodiscard]] Course play(trial::Trial& trial, Stage& stage, const scenario::Scenario& scenario,
                          Nanoseconds now, int interrupt_at = 0);

}  // namespace simulated
