#include "outcome/outcome.h"

#include <algorithm>
#include <limits>

namespace outcome {
namespace {

using base::Nanoseconds;

bool says_it_did_nothing(int status) {
  return (status / 100 == 4 && status != 408) || status == 503;
}

bool leaves_open(int status) { return status == 0 || status == 408 || status / 100 == 5; }

/// The step with which the entry went through the gate; nullptr if it never came to that.
const Step* past_the_gate(const Outcome& attempt, const Answer& answer) {
  const auto found = std::find_if(answer.steps.begin(), answer.steps.end(), [&](const Step& step) {
    return step.released >= attempt.gate_opened;
  });
  return found == answer.steps.end() ? nullptr : &*found;
}

json::value as_value(const Read& read) {
  if (read.of_sink) return read.body;
  return {{"status", read.status}, {"headers", read.headers}, {"body", read.body}};
}

json::object by_name(const State& state) {
  json::object reads;
  for (const Read& read : state) reads[read.name] = as_value(read);
  return reads;
}

json::object as_value(const Answer& answer) {
  json::array steps;
  for (const Step& step : answer.steps)
    steps.push_back(
        json::object{{"status", step.status}, {"headers", step.headers}, {"body", step.body}});
  return {{"ok", answer.ok},
          {"refused", answer.refused},
          {"stopped", answer.stopped()},
          {"steps", std::move(steps)}};
}

}  // namespace

Nanoseconds Answer::begins() const {
  if (steps.empty()) return Nanoseconds::min();
  return steps.front().held_in_head ? steps.front().released : steps.front().sent;
}

Nanoseconds Answer::ends() const {
  // What was never answered may still be at it.
  if (steps.empty() || steps.back().status == 0) return Nanoseconds::max();
  return steps.back().answered;
}

bool overlapped(const Outcome& attempt) {
  struct Flight {
    Nanoseconds from;
    Nanoseconds to;
  };
  std::vector<Flight> flights;
  for (const Answer& answer : attempt.answers)
    if (const Step* step = past_the_gate(attempt, answer))
      flights.push_back({step->released, answer.ends()});
  // In the order of take-off, two overlap if one leaves before the last of those before it is down.
  std::sort(flights.begin(), flights.end(),
            [](const Flight& a, const Flight& b) { return a.from < b.from; });
  Nanoseconds down = Nanoseconds::min();
  for (const Flight& flight : flights) {
    if (flight.from < std::min(down, flight.to)) return true;
    down = std::max(down, flight.to);
  }
  return false;
}

Nanoseconds release_spread(const Outcome& attempt) {
  Nanoseconds first = Nanoseconds::max();
  Nanoseconds last = Nanoseconds::min();
  for (const Answer& answer : attempt.answers)
    if (const Step* step = past_the_gate(attempt, answer)) {
      first = std::min(first, step->released);
      last = std::max(last, step->released);
    }
  return first < last ? last - first : Nanoseconds(0);
}

void classify(Answer& answer, std::optional<bool> ok_given, std::optional<bool> refused_given) {
  const int status = answer.last_status();
  const bool answered = status != 0;
  const std::vector<Step>& steps = answer.steps;
  const bool declined =
      !steps.empty() && steps.back().declined &&
      std::all_of(steps.begin(), steps.end() - 1, [](const Step& step) { return step.safe; });
  const bool succeeded = status / 100 == 2 || status / 100 == 3;
  answer.ok = answered && !answer.stopped() && ok_given.value_or(succeeded);
  // An answer that the scenario calls ok did something, unless it also calls it refused.
  answer.refused = declined || (answered && refused_given.value_or(says_it_did_nothing(status) &&
                                                                   !ok_given.value_or(false)));
  answer.indeterminate = (!answered && !declined) || (leaves_open(status) && !answer.refused &&
                                                      !(answer.ok && ok_given.has_value()));
}

json::value as_rules_input(const Outcome& outcome, const scenario::Scenario& scenario) {
  json::object answers;
  for (const scenario::Script& script : scenario.race)
    if (script.times > 1) answers[script.name] = json::array();
  std::vector<const Answer*> by_copy;
  for (const Answer& answer : outcome.answers) by_copy.push_back(&answer);
  std::stable_sort(by_copy.begin(), by_copy.end(),
                   [](const Answer* a, const Answer* b) { return a->entry.copy < b->entry.copy; });
  for (const Answer* answer : by_copy) {
    const auto& script = scenario.race.at(static_cast<std::size_t>(answer->entry.script));
    if (script.times > 1)
      answers[script.name].as_array().push_back(as_value(*answer));
    else
      answers[script.name] = as_value(*answer);
  }
  json::object input{{"before", by_name(outcome.before)},
                     {"after", by_name(outcome.after)},
                     {"answers", std::move(answers)}};
  if (!outcome.suffix.empty()) {
    json::array& suffix = input["suffix"].emplace_array();
    for (const Read& read : outcome.suffix) suffix.push_back(as_value(read));
  }
  return input;
}

}  // namespace outcome
