#include "run.h"

#include <algorithm>
#include <numeric>

#include "finding/summary.h"
#include "trial/fewest.h"
#include "trial/truth_testing.h"

namespace cases {
namespace {

using record::Verdict;
using simulated::Course;
using simulated::Nanoseconds;
using simulated::Stage;

/// The rules of these scenarios need none.
base::Result<json::value, expression::Failure> no_jq(const std::string& program,
                                                     const json::value&) {
  return base::failure(
      expression::Failure{expression::Failure::Kind::runtime, "no jq for " + program});
}

/// On a target where so many attempts contradict, none of them may be overlooked.
constexpr double plain_rate = 0.1;

/// How few are enough; 0: nobody looked. As experiment's narrowing, in simulated time.
int narrow(const Case& of, Stage& stage, const trial::Ledger& ledger,
           const expression::Evaluate& evaluate, std::uint64_t seed, Course& course) {
  const auto narrowing = trial::narrowing(of.scenario, ledger, course.now);
  if (!narrowing) return 0;
  const Nanoseconds began = course.now;
  const auto race_of = [&](const trial::Group& group) -> trial::GroupTrial {
    const Nanoseconds left = narrowing->time - (course.now - began);
    if (left <= Nanoseconds(0) || course.hung) return {};
    const scenario::Scenario part = trial::part_of(of.scenario, group, *narrowing, left);
    trial::Trial trial(part, evaluate, {.seed = seed, .explore_window = false});
    const Course own = simulated::play(trial, stage, part, course.now);
    course.now = own.now;
    course.hung = course.hung || own.hung;
    return trial::group_trial(trial.ledger());
  };
  const trial::Fewest fewest = trial::find_fewest(narrowing->all, narrowing->likely, race_of);
  return std::accumulate(fewest.group.begin(), fewest.group.end(), 0);
}

/// Some attempt that counts as a hit is one that no order explains, as far as that can be known.
bool some_hit_is_real(const Case& of, const Stage& stage, const trial::Ledger& ledger) {
  const simulated::Truth truth(of.target);
  return std::any_of(ledger.attempts.begin(), ledger.attempts.end(), [&](const auto& attempt) {
    return attempt.hit() &&
           (!attempt.broken.empty() ||
            truth.contradicts(stage.taken(attempt.play), attempt.outcome).value_or(true));
  });
}

std::string wrong_with(const Case& of, const Stage& stage, const trial::Trial& trial,
                       const Run& run) {
  const trial::Ledger& ledger = trial.ledger();
  const record::Record& record = run.record;
  if (run.course.hung) return "it hangs";
  const bool interrupted = ledger.ending && ledger.ending->is == record::Ending::interrupted;
  const bool ended = ledger.ending && !interrupted;
  if (run.course.interrupted && !interrupted && !ended) return "the interruption is lost";
  if ((record.exit_code == 130) != interrupted) return "the exit code is not that of its ending";
  if (const auto read = record::from_text(record::to_text(record)); !read)
    return "the record cannot be read back: " + read.error().path;
  switch (record.verdict) {
    case Verdict::race: {
      const bool proven = ledger.proven && ledger.suspect.has_value();
      const bool by_error = !proven && of.faults.lost > of.faults.lost_serially;
      if (of.correct && !by_error) return "a false race";
      if (!of.correct && proven && !some_hit_is_real(of, stage, ledger)) return "a false race";
      break;
    }
    case Verdict::broken:
      if (of.group != Group::broken) return "a false break";
      break;
    case Verdict::clean:
      if (of.rate >= plain_rate) return "clean, but racy";
      if (of.group == Group::broken || of.group == Group::no_baseline ||
          of.group == Group::one_at_a_time)
        return "clean is not earned";
      break;
    case Verdict::inconclusive:
      if (record.reasons.empty()) return "no verdict, and no reason";
      break;
  }
  return "";
}

}  // namespace

Run run(const Case& of, std::uint64_t seed, int interrupt_at) {
  const expression::Evaluate evaluate = no_jq;
  Stage stage(of.target, of.faults, seed);
  trial::Trial trial(of.scenario, evaluate, {.seed = seed});
  Run run;
  run.course = simulated::play(trial, stage, of.scenario, Nanoseconds(0), interrupt_at);
  const Nanoseconds elapsed = trial.elapsed(run.course.now);
  if (!run.course.interrupted)
    run.fewest = narrow(of, stage, trial.ledger(), evaluate, seed, run.course);
  run.record = finding::record_of({trial.ledger(), trial.oracle(), of.scenario, evaluate},
                                  {.tool = "simulation",
                                   .run = "simulated",
                                   .seed = seed,
                                   .started_at = "2026-09-21T00:00:00Z",
                                   .elapsed = elapsed});
  run.requests = stage.requests();
  run.wrong = wrong_with(of, stage, trial, run);
  return run;
}

}  // namespace cases
