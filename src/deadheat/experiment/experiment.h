#pragma once

#include <functional>
#include <string>

#include "race/course.h"
#include "record/progress.h"
#include "record/record.h"
#include "trial/options.h"

/// The loop: ask the trial, play, tell it.
namespace experiment {

struct Options {
  trial::Options trial;
  std::string tool;  // "deadheat 0.1.0"
  std::function<void(const record::Progress&)> on_progress = [](const record::Progress&) {};
  std::function<void(json::object)> on_line;  // of the journal; empty: none is kept
};

/// Sets up, learns, races, judges, tears down: the whole run. The record has the verdict and the
/// exit code. Works within the scenario's budget, plus what is in flight when it ends.
/// `course.interrupt()` ends it early with exit code 130 and a partial record. Throws only where
/// the machine fails (no threads, no memory).
[[nodiscard]] record::Record conduct(race::Course& course, const Options& options);

}  // namespace experiment
