#include "experiment/experiment.h"

#include <fmt/chrono.h>

#include "experiment/journal.h"
#include "experiment/narrowing.h"
#include "experiment/play.h"
#include "finding/summary.h"

namespace experiment {
namespace {

/// ISO 8601, UTC.
std::string time_of_day(base::Nanoseconds wall) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace

record::Record conduct(race::Course& course, const Options& options) {
  const std::string began = time_of_day(course.clock.wall());
  const Journal journal(course.scenario, course.evaluate, options.on_line);
  journal.begin(options.tool, course.run, options.trial.seed);

  trial::Trial trial(course.scenario, course.evaluate, options.trial);
  play(trial, course, journal, options.on_progress);
  const base::Nanoseconds elapsed = trial.elapsed(course.clock.now());
  const auto fewest = narrow(course, options, trial.ledger(), elapsed);
  tear_down(course, trial.ledger());

  record::Record record =
      finding::record_of({trial.ledger(), trial.oracle(), course.scenario, course.evaluate},
                         {.tool = options.tool,
                          .run = course.run,
                          .seed = options.trial.seed,
                          .started_at = began,
                          .elapsed = trial.elapsed(course.clock.now())});
  if (fewest && !record.findings.empty())
    record.findings.front().fewest = finding::fewest_of(*fewest, course.scenario);
  for (const trial::Attempt& attempt : trial.ledger().attempts) journal.judgement(attempt);
  journal.end(record);
  return record;
}

}  // namespace experiment
