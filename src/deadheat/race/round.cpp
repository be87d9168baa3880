#include "race/round.h"

#include <utility>

#include "race/settle.h"

namespace race {

Round::Round(Lane& lane, const outcome::Pace& pace, Judged judged)
    : lane_(lane), pace_(pace), sessions_(lane.course.sessions) {
  Course& course = lane_.course;
  outcome_.wall_begin = course.clock.wall();
  outcome_.lane = lane_.number;
  outcome_.bindings = course.all_bindings();
  outcome_.number = ++course.next_attempt;
  outcome_.bindings["$attempt"] = outcome_.number;
  if (course.sinks != nullptr) {
    course.sinks->begin(outcome_.number, judged == Judged::yes);
    course.sinks->bind(outcome_.bindings, outcome_.number);
  }
  reset_and_observe();
}

void Round::reset_and_observe() {
  client::Client& client = lane_.client;
  const client::Errand errand{.role = "reset", .needs_success = true, .timeout = pace_.timeout};
  outcome_.failure = client.look_up();
  for (const scenario::Request& request : lane_.course.scenario.reset)
    if (!outcome_.failure)
      outcome_.failure =
          client.perform(request, outcome_.bindings, sessions_, errand, outcome_.bindings);
  if (outcome_.failure) return;
  auto state = client.observe(outcome_.bindings, sessions_, pace_.timeout);
  if (state)
    outcome_.before = std::move(*state);
  else
    outcome_.failure = state.error();
}

outcome::Outcome Round::close() {
  Course& course = lane_.course;
  if (!outcome_.failure) outcome_.failure = course.interrupted();
  if (!outcome_.failure) outcome_.failure = settle(lane_, sessions_, pace_, outcome_);
  outcome_.wall_end = course.clock.wall();
  end();
  // What a stop cut short is not to be trusted, whatever it looks like.
  if (auto stopped = course.interrupted()) outcome_.failure = stopped;
  return std::move(outcome_);
}

void Round::end() {
  Course& course = lane_.course;
  if (course.sinks != nullptr) course.sinks->end(outcome_.number);
  for (const scenario::Request& request : course.scenario.cleanup) {
    if (course.stop) return;
    // The next reset tells whether this mattered.
    (void)ask(request, {.role = "cleanup", .timeout = pace_.timeout});
  }
}

client::Sessions Round::sessions_of(const scenario::Entry& entry) const {
  const scenario::Scenario& scenario = lane_.course.scenario;
  client::Sessions own;
  const auto& script = scenario.race.at(static_cast<std::size_t>(entry.script));
  for (const scenario::Request& step : script.steps) {
    const std::string name = scenario::actor_of(scenario, script, step, entry.copy);
    if (const auto found = sessions_.find(name); found != sessions_.end()) own.insert(*found);
  }
  return own;
}

}  // namespace race
