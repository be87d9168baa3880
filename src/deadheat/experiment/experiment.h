#pragma once

#include <functional>
#include <string>

#include "race/player.h"
#include "record/record.h"
#include "scenario/scenario.h"

/// The loop: ask the oracle, play, tell it.
namespace experiment {

/// Where a run stands; for a display.
struct Status {
  std::string phase;  // "learning", "racing", "proving"
  int attempts = 0;
  int attempts_planned = 0;
  int serial_runs = 0;
  int serial_runs_planned = 0;
  int explained = 0;
  int unexplained = 0;
  int refused = 0;
  double elapsed_s = 0;
  double budget_s = 0;
};

struct Options {
  std::uint64_t seed = 0;
  bool keep_going = false;  // race even where a rule breaks serially
  std::string tool;         // "deadheat 0.1.0"
  std::function<void(const Status&)> on_status = [](const Status&) {};
};

/// Sets up, learns, races, judges, tears down: the whole run. The record has the verdict and the
/// exit code. Works within the scenario's budget, plus what is in flight when it ends.
/// `course.stop` ends it early with exit code 130 and a partial record. Throws only where the
/// machine fails (no threads, no memory).
[[nodiscard]] record::Record conduct(race::Course& course, const Options& options);

}  // namespace experiment
