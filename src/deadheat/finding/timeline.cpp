#include "finding/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "oracle/value.h"
#include "scenario/fill.h"

namespace finding {
namespace {

constexpr base::Bytes longest_body{4000};

record::Move move_of(const outcome::Step& step, base::Nanoseconds origin) {
  const bool held = step.released > step.sent;
  return {.status = step.status,
          .answer = step.body.is_null() ? "" : base::cut(oracle::text_of(step.body), longest_body),
          .error = step.error,
          .sent_ms = base::in_milliseconds(step.sent - origin),
          .released_ms = held ? base::in_milliseconds(step.released - origin) : -1,
          .answered_ms = base::in_milliseconds(step.answered - origin)};
}

record::Part::Result result_of(const outcome::Answer& answer) {
  using Result = record::Part::Result;
  return answer.stopped()            ? Result::stopped
         : answer.last_status() == 0 ? Result::no_answer
         : answer.ok                 ? Result::ok
         : answer.refused            ? Result::refused
                                     : Result::failed;
}

record::Part part_of(const Evidence& evidence, const outcome::Outcome& outcome,
                     const outcome::Answer& answer, base::Nanoseconds origin) {
  const scenario::Script& script =
      evidence.scenario.race[static_cast<std::size_t>(answer.entry.script)];
  record::Part part{.script = scenario::entry_name(evidence.scenario, answer.entry),
                    .label = script.label == script.name ? "" : script.label,
                    .result = result_of(answer),
                    .stopped_before = answer.stopped_before.value_or(-1) + 1};
  for (std::size_t i = 0; i < answer.steps.size(); ++i) {
    record::Move move = move_of(answer.steps[i], origin);
    move.request = request_text(evidence.scenario, evidence.evaluate, outcome, answer, i);
    move.say = script.steps[i].say;
    part.moves.push_back(std::move(move));
  }
  return part;
}

/// The calls in the order in which they came, whichever sink they came to.
std::vector<record::Call> calls_in(const outcome::State& state, base::Nanoseconds origin) {
  std::vector<record::Call> all;
  for (const outcome::Read& read : state)
    for (std::size_t i = 0; i < read.arrived.size(); ++i) {
      const json::value& call = read.body.at(i);
      const std::string query = oracle::text_of(call.at("query"));
      all.push_back({.sink = read.name,
                     .request = fmt::format("{} {}{}{}", oracle::text_of(call.at("method")),
                                            oracle::text_of(call.at("path")),
                                            query.empty() ? "" : "?", query),
                     .body = base::cut(oracle::text_of(call.at("body")), longest_body),
                     .at_ms = base::in_milliseconds(read.arrived[i] - origin)});
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  return all;
}

}  // namespace

void set_timeline(record::Finding& finding, const Evidence& evidence,
                  const outcome::Outcome& outcome) {
  base::Nanoseconds origin = base::Nanoseconds::max();
  for (const outcome::Answer& answer : outcome.answers)
    for (const outcome::Step& step : answer.steps) origin = std::min(origin, step.sent);
  for (const outcome::Answer& answer : outcome.answers)
    finding.timeline.push_back(part_of(evidence, outcome, answer, origin));
  finding.calls = calls_in(outcome.later.empty() ? outcome.after : outcome.later, origin);
}

std::string request_text(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
                         const outcome::Outcome& outcome, const outcome::Answer& answer,
                         std::size_t step) {
  json::object bindings = outcome.bindings;
  for (const auto& [key, value] : answer.bindings) bindings[key] = value;
  const scenario::Request& request =
      scenario.race.at(static_cast<std::size_t>(answer.entry.script)).steps.at(step);
  const auto target = scenario::fill(scenario, request.target, bindings, evaluate);
  return request.method + " " + (target ? oracle::text_of(*target) : request.target.text);
}

}  // namespace finding
