#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "race/player.h"
#include "record/progress.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "schedule/schedule.h"

/// The loop: ask the oracle, play, tell it.
namespace experiment {

struct Options {
  std::uint64_t seed = 0;
  bool keep_going = false;     // race even where a rule breaks serially
  std::string tool;            // "deadheat 0.1.0"
  bool explore_window = true;  // once a race is proven, see between which lags it hits
  std::optional<schedule::Schedule> repeat;  // every attempt is this one
  std::function<void(const record::Progress&)> on_progress = [](const record::Progress&) {};
  std::function<void(json::object)> on_line;  // of the journal; empty: none is kept
};

/// Sets up, learns, races, judges, tears down: the whole run. The record has the verdict and the
/// exit code. Works within the scenario's budget, plus what is in flight when it ends.
/// `course.stop` ends it early with exit code 130 and a partial record. Throws only where the
/// machine fails (no threads, no memory).
[[nodiscard]] record::Record conduct(race::Course& course, const Options& options);

}  // namespace experiment
