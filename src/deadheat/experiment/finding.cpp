#include "experiment/finding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "experiment/kind.h"
#include "experiment/windows.h"
#include "oracle/value.h"
#include "scenario/fill.h"

namespace experiment {
namespace {

const std::string& label_of(const Evidence& evidence, const scenario::Entry& entry) {
  return evidence.scenario.race[static_cast<std::size_t>(entry.script)].label;
}

std::string say_of(const Evidence& evidence, const outcome::Answer& answer) {
  const auto& steps = evidence.scenario.race[static_cast<std::size_t>(answer.entry.script)].steps;
  for (std::size_t i = std::min(answer.steps.size(), steps.size()); i-- > 0;)
    if (!steps[i].say.empty()) return steps[i].say;
  return "";
}

std::string told(const outcome::Answer& answer) {
  if (answer.stopped()) return "stopped";
  if (answer.last_status() == 0) return "got no answer";
  return fmt::format("was told {} ({})",
                     answer.ok        ? "yes"
                     : answer.refused ? "no"
                                      : "neither yes nor no",
                     answer.last_status());
}

/// "was told yes" of several.
std::string plural(const std::string& verb) {
  return verb.starts_with("was ") ? "were " + verb.substr(4) : verb;
}

std::string who_was_told_what(const Evidence& evidence, const outcome::Outcome& outcome) {
  std::vector<std::string> parts;
  // Copies are counted, others named while they are few.
  if (outcome.answers.size() <= 3 && evidence.scenario.race.size() > 1) {
    for (const outcome::Answer& answer : outcome.answers) {
      const std::string say = say_of(evidence, answer);
      parts.push_back(fmt::format("{} {}{}", label_of(evidence, answer.entry),
                                  say.empty() ? "" : fmt::format("asked “{}” and ", say),
                                  told(answer)));
    }
  } else {
    std::map<std::pair<int, std::string>, int> counts;
    for (const outcome::Answer& answer : outcome.answers)
      ++counts[{answer.entry.script, told(answer)}];
    for (const auto& [key, count] : counts) {
      const scenario::Script& script = evidence.scenario.race[static_cast<std::size_t>(key.first)];
      parts.push_back(fmt::format("{} of {} {} {}", count, script.times, script.name,
                                  count == 1 ? key.second : plural(key.second)));
    }
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string what_is_true_now(const std::vector<record::Comparison>& differences) {
  std::vector<std::string> facts;
  for (const record::Comparison& row : differences)
    if (row.differs && row.place.starts_with("sink ") &&
        row.place.find(' ', 5) == std::string::npos)
      facts.push_back(fmt::format("{} has got {}", row.place.substr(5), row.seen));
  for (const bool wrong : {true, false})
    for (const record::Comparison& row : differences)
      if (row.differs == wrong && row.place.starts_with("state ") && row.seen != "absent" &&
          !row.place.ends_with(" members") && facts.size() < 2) {
        const std::string name = row.place.substr(6);
        const std::size_t status = name.find(" HTTP status");
        std::string fact =
            status != std::string::npos
                ? fmt::format("{} answers {}", name.substr(0, status), row.seen)
                : fmt::format("{} is {}", name, base::cut(row.seen, base::Bytes{60}));
        const bool one_value =
            row.differs && !row.allowed.empty() &&
            std::all_of(row.allowed.begin(), row.allowed.end(),
                        [&](const std::string& text) { return text == row.allowed.front(); });
        if (one_value)
          fact += fmt::format(", where every order leaves {}",
                              base::cut(row.allowed.front(), base::Bytes{60}));
        facts.push_back(std::move(fact));
      }
  return facts.empty() ? "" : fmt::format("Now {}.", fmt::join(facts, "; "));
}

}  // namespace

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

namespace {

record::Part part(const Evidence& evidence, const outcome::Outcome& outcome,
                  const outcome::Answer& answer, base::Nanoseconds origin) {
  const scenario::Script& script =
      evidence.scenario.race[static_cast<std::size_t>(answer.entry.script)];
  record::Part part{.script = scenario::entry_name(evidence.scenario, answer.entry),
                    .label = script.label == script.name ? "" : script.label};
  for (std::size_t i = 0; i < answer.steps.size(); ++i) {
    const outcome::Step& step = answer.steps[i];
    const bool held = step.released > step.sent;
    part.moves.push_back(
        {.request = request_text(evidence.scenario, evidence.evaluate, outcome, answer, i),
         .say = script.steps[i].say,
         .status = step.status,
         .answer =
             step.body.is_null() ? "" : base::cut(oracle::text_of(step.body), base::Bytes{4000}),
         .error = step.error,
         .sent_ms = base::in_milliseconds(step.sent - origin),
         .released_ms = held ? base::in_milliseconds(step.released - origin) : -1,
         .answered_ms = base::in_milliseconds(step.answered - origin)});
  }
  part.result = answer.stopped() ? fmt::format("stopped before step {}", *answer.stopped_before + 1)
                : answer.last_status() == 0 ? "no answer"
                : answer.ok                 ? "ok"
                : answer.refused            ? "refused"
                                            : "failed";
  return part;
}

/// The calls in the order in which they came, whichever sink they came to.
std::vector<record::Call> calls(const outcome::State& state, base::Nanoseconds origin) {
  std::vector<record::Call> all;
  for (const outcome::Read& read : state)
    for (std::size_t i = 0; i < read.arrived.size(); ++i) {
      const json::value& call = read.body.at(i);
      const std::string query = oracle::text_of(call.at("query"));
      all.push_back({.sink = read.name,
                     .request = fmt::format("{} {}{}{}", oracle::text_of(call.at("method")),
                                            oracle::text_of(call.at("path")),
                                            query.empty() ? "" : "?", query),
                     .body = base::cut(oracle::text_of(call.at("body")), base::Bytes{4000}),
                     .at_ms = base::in_milliseconds(read.arrived[i] - origin)});
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  return all;
}

void show(const Evidence& evidence, const outcome::Outcome& outcome, record::Finding& finding) {
  base::Nanoseconds origin = base::Nanoseconds::max();
  for (const outcome::Answer& answer : outcome.answers)
    for (const outcome::Step& step : answer.steps) origin = std::min(origin, step.sent);
  for (const outcome::Answer& answer : outcome.answers)
    finding.timeline.push_back(part(evidence, outcome, answer, origin));
  finding.calls = calls(outcome.later.empty() ? outcome.after : outcome.later, origin);
}

}  // namespace

record::Finding explain(const Evidence& evidence, const Attempt& attempt) {
  record::Finding finding;
  const std::vector<Column> list =
      evidence.ledger.baseline ? columns(evidence, attempt.reading) : std::vector<Column>{};
  for (const Column& column : list)
    finding.orders.push_back(to_text(*column.order, evidence.scenario));
  if (!list.empty()) finding.closest_order = finding.orders.front();
  finding.differences = rows(list);
  if (attempt.contradicts()) {
    const Named named = name_it(evidence, attempt, list);
    set_kind(finding, named.kind);
    finding.why = named.why;
    // To compute where the number is kept is the plainest cure of that.
    if (named.of_a_number)
      std::rotate(finding.cures.begin(), std::prev(finding.cures.end()), finding.cures.end());
    finding.layer = attempt.judgement.layer == oracle::Layer::bodies ? "body" : "state";
    finding.across_requests = evidence.ledger.by_request.is == oracle::ByRequest::explained;
  } else {
    set_kind(finding, "rule broken under contention");
    finding.why = "The rule held in every serial run.";
    finding.layer = "rule";
  }
  if (!attempt.broken.empty()) {
    finding.rule = attempt.broken.front().name;
    finding.rule_values =
        attempt.broken.front().error
            ? fmt::format("{} ({})", attempt.broken.front().values, *attempt.broken.front().error)
            : attempt.broken.front().values;
  }
  finding.headline =
      who_was_told_what(evidence, attempt.outcome) + ". " + what_is_true_now(finding.differences);
  finding.attempt = attempt.number;
  finding.proven_at = evidence.ledger.judged();
  finding.schedule = schedule::describe(attempt.schedule, evidence.scenario);
  finding.schedule_value = schedule::to_json(attempt.schedule);
  finding.concurrent = record::rate(evidence.ledger.hits(), evidence.ledger.judged());
  finding.serial = record::rate(0, evidence.ledger.fresh_serial);
  finding.schedules = windows(evidence.ledger.attempts, evidence.scenario);
  finding.window = window(evidence.ledger.attempts, evidence.scenario);
  show(evidence, attempt.outcome, finding);
  return finding;
}

record::Finding explain(const Evidence& evidence, const Ledger::ContentionError& error) {
  const Attempt& attempt =
      evidence.ledger.attempts[static_cast<std::size_t>(error.attempts.front())];
  record::Finding finding;
  set_kind(finding, "error under contention");
  const std::string& script = evidence.scenario.race[static_cast<std::size_t>(error.script)].name;
  const std::string what =
      error.status == 0 ? "got no answer" : fmt::format("was answered {}", error.status);
  finding.headline = fmt::format("{} {} in {} of {} attempts, and never when it ran alone.", script,
                                 what, error.attempts.size(), evidence.ledger.attempts.size());
  finding.why = fmt::format(
      "{} serial runs before the first of these and {} controls after the last were all answered.",
      error.controls_before, error.controls_after);
  finding.layer = "state";
  finding.attempt = attempt.number;
  finding.proven_at = error.attempts.back() + 1;
  finding.schedule = schedule::describe(attempt.schedule, evidence.scenario);
  finding.schedule_value = schedule::to_json(attempt.schedule);
  finding.concurrent = record::rate(static_cast<int>(error.attempts.size()),
                                    static_cast<int>(evidence.ledger.attempts.size()));
  finding.serial = record::rate(0, evidence.ledger.serial_runs);
  show(evidence, attempt.outcome, finding);
  return finding;
}

record::Finding explain(const Evidence& evidence, const SerialBreak& broken) {
  record::Finding finding;
  set_kind(finding, "missing check");
  finding.layer = "rule";
  finding.rule = broken.rule.name;
  finding.rule_values = broken.rule.error
                            ? fmt::format("{} ({})", broken.rule.values, *broken.rule.error)
                            : broken.rule.values;
  finding.headline = who_was_told_what(evidence, broken.outcome) + ".";
  finding.why = fmt::format(
      "The scripts ran one after another ({}), nothing at the same time, and the rule did not "
      "hold.",
      broken.order);
  finding.schedule = "one after another: " + broken.order;
  finding.orders = {broken.order};
  finding.closest_order = broken.order;
  finding.serial = record::rate(1, evidence.ledger.serial_runs);
  show(evidence, broken.outcome, finding);
  return finding;
}

}  // namespace experiment
