#pragma once

#include <functional>

#include "experiment/journal.h"
#include "race/course.h"
#include "record/progress.h"
#include "trial/trial.h"

namespace experiment {

using OnProgress = std::function<void(const record::Progress&)>;

/// Plays what a trial asks for until it asks for nothing any more, in as many lanes as it says.
/// What is still in flight then is given up; where the scenario has a cleanup, it is waited for, so
/// that nothing is left behind. `on_progress` is called ten times a second, on this thread.
void play(trial::Trial& trial, race::Course& course, const Journal& journal,
          const OnProgress& on_progress);

/// `teardown`, which is played after an interruption, too. Not where the target was never reached.
void tear_down(race::Course& course, const trial::Ledger& ledger);

}  // namespace experiment
