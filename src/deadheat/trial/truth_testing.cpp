#include "trial/truth_testing.h"

#include <algorithm>

#include "schedule/planner.h"

namespace simulated {

std::optional<bool> Truth::contradicts(const Taken& taken, const outcome::Outcome& attempt) const {
  if (!taken.whole) return std::nullopt;
  outcome::Outcome exact = exactly_.play(taken.turns);
  // Real time is that of the attempt.
  for (outcome::Answer& answer : exact.answers)
    for (const outcome::Answer& real : attempt.answers) {
      if (real.entry.script != answer.entry.script || real.entry.copy != answer.entry.copy)
        continue;
      if (real.steps.size() != answer.steps.size()) return std::nullopt;
      for (std::size_t i = 0; i < real.steps.size(); ++i) {
        answer.steps[i].sent = real.steps[i].sent;
        answer.steps[i].released = real.steps[i].released;
        answer.steps[i].held_in_head = real.steps[i].held_in_head;
        answer.steps[i].answered = real.steps[i].answered;
      }
    }
  return !exactly_.explained(exact);
}

double planted_rate(const Target& target, int attempts, std::uint64_t seed) {
  const scenario::Scenario scenario = scenario_of(target);
  const Truth truth(target);
  const Faults none;
  Stage stage(target, none, seed);
  schedule::Planner planner(scenario, seed);
  // What each script takes alone, from each of its steps on.
  std::vector<schedule::Alone> alone(scenario.race.size());
  schedule::Sequence all;
  for (std::size_t i = 0; i < scenario::entries(scenario).size(); ++i)
    all.turns.push_back(static_cast<int>(i));
  const Played run = stage.play(scenario, {.what = trial::SerialJob{all}}, Nanoseconds(0), 0);
  for (const outcome::Answer& answer : run.done.outcome.answers) {
    schedule::Alone& spans = alone[static_cast<std::size_t>(answer.entry.script)];
    spans.clear();
    for (const outcome::Step& step : answer.steps)
      spans.push_back(answer.steps.back().answered - step.sent);
  }
  planner.learn_latency(alone);
  int contradict = 0;
  Nanoseconds now = run.ends;
  for (int i = 0; i < attempts; ++i) {
    const Played played = stage.play(scenario, {.what = trial::AttemptJob{planner.next()}}, now, 0);
    now = played.ends;
    const outcome::Outcome& outcome = played.done.outcome;
    const bool error =
        std::any_of(outcome.answers.begin(), outcome.answers.end(),
                    [](const outcome::Answer& answer) { return answer.last_status() == 500; });
    contradict += error || truth.contradicts(stage.taken(outcome.number), outcome).value_or(false);
  }
  return static_cast<double>(contradict) / attempts;
}

}  // namespace simulated
