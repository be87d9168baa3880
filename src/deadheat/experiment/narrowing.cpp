#include "experiment/narrowing.h"

#include <numeric>

#include "experiment/journal.h"
#include "experiment/play.h"
#include "finding/summary.h"
#include "trial/trial.h"

namespace experiment {

using base::Nanoseconds;

std::optional<trial::Fewest> narrow(race::Course& course, const Options& options,
                                    const trial::Ledger& ledger, Nanoseconds elapsed) {
  const scenario::Scenario& scenario = course.scenario;
  const auto narrowing = trial::narrowing(scenario, ledger, elapsed);
  if (!narrowing) return std::nullopt;
  const Nanoseconds began = course.clock.now();
  const auto spent = [&] { return course.clock.now() - began; };

  const auto race_of = [&](const trial::Group& group) -> trial::GroupTrial {
    const Nanoseconds left = narrowing->time - spent();
    if (left <= Nanoseconds(0) || course.interrupt_wanted) return {};
    const scenario::Scenario part = trial::part_of(scenario, group, *narrowing, left);
    race::Course own{.scenario = part,
                     .evaluate = course.evaluate,
                     .clock = course.clock,
                     .run = course.run,
                     .bindings = course.bindings,
                     .sessions = course.sessions,
                     .next_attempt = course.next_attempt.load(),
                     .sinks = course.sinks};
    const auto on_progress = [&](record::Progress progress) {
      if (course.interrupt_wanted) own.interrupt();
      progress.phase = record::Phase::narrowing;
      progress.group = finding::group_of(group, scenario);
      progress.group_of = std::accumulate(narrowing->all.begin(), narrowing->all.end(), 0);
      progress.at_most_s = base::in_seconds(narrowing->time - spent());
      progress.elapsed_s = base::in_seconds(elapsed + spent());
      progress.budget_s = base::in_seconds(scenario.run.budget);
      options.on_progress(progress);
    };
    // The journal is that of the race of all.
    trial::Trial trial(part, course.evaluate,
                       {.seed = options.trial.seed,
                        .keep_going = options.trial.keep_going,
                        .explore_window = false});
    play(trial, own, Journal(part, course.evaluate, {}), on_progress);
    course.next_attempt = own.next_attempt.load();
    return trial::group_trial(trial.ledger());
  };
  return trial::find_fewest(narrowing->all, narrowing->likely, race_of);
}

}  // namespace experiment
