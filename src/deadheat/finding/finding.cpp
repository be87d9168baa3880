#include "finding/finding.h"

#include <algorithm>
#include <iterator>

#include "finding/kind.h"
#include "finding/schedules.h"
#include "finding/timeline.h"
#include "finding/windows.h"
#include "trial/turns.h"

namespace finding {
namespace {

using record::Kind;
using record::Layer;
using record::Why;

record::BrokenRule rule_of(const trial::BrokenRule& broken) {
  return {.name = broken.name, .values = broken.values, .error = broken.error};
}

void compare(record::Finding& finding, const Evidence& evidence, const std::vector<Column>& list) {
  for (const Column& column : list)
    finding.orders.push_back(trial::turns_of(*column.order, evidence.scenario));
  finding.differences = rows(list);
}

void name(record::Finding& finding, const Evidence& evidence, const trial::Attempt& attempt,
          const std::vector<Column>& list) {
  if (!attempt.contradicts()) {
    set_kind(finding, Kind::rule_broken_under_contention);
    finding.why.is = Why::Is::rule_held_serially;
    finding.layer = Layer::rule;
    return;
  }
  Named named = name_it(evidence, attempt, list);
  set_kind(finding, named.kind);
  finding.why = std::move(named.why);
  // To compute where the number is kept is the plainest cure of that.
  if (named.of_a_number)
    std::rotate(finding.cures.begin(), std::prev(finding.cures.end()), finding.cures.end());
  finding.layer = attempt.judgement.layer == oracle::Layer::bodies ? Layer::body : Layer::state;
  finding.across_requests = evidence.ledger.by_request.is == oracle::ByRequest::explained;
}

}  // namespace

record::Finding explain(const Evidence& evidence, const trial::Attempt& attempt) {
  const trial::Ledger& ledger = evidence.ledger;
  record::Finding finding;
  const std::vector<Column> list =
      ledger.baseline ? columns(evidence, attempt.reading) : std::vector<Column>{};
  compare(finding, evidence, list);
  name(finding, evidence, attempt, list);
  if (!attempt.broken.empty()) finding.rule = rule_of(attempt.broken.front());
  finding.attempt = attempt.number;
  finding.proven_at = ledger.judged();
  finding.schedule = schedule_of(attempt.schedule);
  finding.concurrent = record::rate(ledger.hits(), ledger.judged());
  finding.serial = record::rate(ledger.fresh_odd, ledger.fresh_serial);
  finding.schedules = windows(ledger.attempts);
  finding.window = window(ledger.attempts, evidence.scenario);
  set_timeline(finding, evidence, attempt.outcome);
  return finding;
}

record::Finding explain(const Evidence& evidence, const trial::Ledger::ContentionError& error) {
  const trial::Ledger& ledger = evidence.ledger;
  const trial::Attempt& attempt = ledger.attempts[static_cast<std::size_t>(error.attempts.front())];
  const auto times = static_cast<int>(error.attempts.size());
  record::Finding finding;
  set_kind(finding, Kind::error_under_contention);
  finding.why = {
      .is = Why::Is::only_together, .before = error.controls_before, .after = error.controls_after};
  finding.error = {.script = evidence.scenario.race[static_cast<std::size_t>(error.script)].name,
                   .status = error.status,
                   .attempts = times};
  finding.attempt = attempt.number;
  finding.proven_at = error.attempts.back() + 1;
  finding.schedule = schedule_of(attempt.schedule);
  finding.concurrent = record::rate(times, static_cast<int>(ledger.attempts.size()));
  finding.serial = record::rate(0, ledger.serial_runs);
  set_timeline(finding, evidence, attempt.outcome);
  return finding;
}

record::Finding explain(const Evidence& evidence, const trial::SerialBreak& broken) {
  record::Finding finding;
  set_kind(finding, Kind::missing_check);
  finding.why.is = Why::Is::broke_serially;
  finding.layer = Layer::rule;
  finding.rule = rule_of(broken.rule);
  finding.orders = {trial::turns_of(broken.order, evidence.scenario)};
  finding.serial = record::rate(1, evidence.ledger.serial_runs);
  set_timeline(finding, evidence, broken.outcome);
  return finding;
}

}  // namespace finding
