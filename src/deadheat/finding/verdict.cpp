#include "finding/verdict.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "finding/finding.h"
#include "oracle/place.h"
#include "trial/effort.h"
#include "trial/turns.h"

namespace finding {
namespace {

using record::Reason;
using record::ReasonCode;
using record::StepCode;
using record::Verdict;
using trial::Attempt;
using trial::Ledger;

/// The attempt that stands for a proven race: looked at again, and hit.
const Attempt* proven(const Ledger& ledger) {
  if (!ledger.proven || !ledger.suspect) return nullptr;
  const Attempt& suspect = ledger.attempts[static_cast<std::size_t>(*ledger.suspect)];
  for (const Attempt& attempt : ledger.attempts)
    if (attempt.hit() && attempt.contradicts() == suspect.contradicts()) return &attempt;
  return &suspect;
}

bool was_interrupted(const Ledger& ledger) {
  return ledger.ending && ledger.ending->is == record::Ending::interrupted;
}

/// What proves the target wrong, if anything does.
std::optional<record::Finding> finding_of(const Evidence& evidence) {
  const Ledger& ledger = evidence.ledger;
  if (const Attempt* attempt = proven(ledger)) return explain(evidence, *attempt);
  if (const auto* error = ledger.contention_error(); error != nullptr && !was_interrupted(ledger))
    return explain(evidence, *error);
  if (ledger.serial_break) return explain(evidence, *ledger.serial_break);
  return std::nullopt;
}

/// [{value, runs}], by first appearance; and how many more there are.
std::pair<json::array, std::size_t> with_counts(const std::vector<record::Value>& values) {
  constexpr std::size_t most = 5;
  std::vector<std::pair<record::Value, int>> counts;
  for (const record::Value& value : values) {
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& count) { return count.first == value; });
    if (known == counts.end())
      counts.emplace_back(value, 1);
    else
      ++known->second;
  }
  const std::size_t listed = std::min(most, counts.size());
  json::array list;
  for (std::size_t i = 0; i < listed; ++i)
    list.push_back({{"value", record::to_json(counts[i].first)}, {"runs", counts[i].second}});
  return {std::move(list), counts.size() - listed};
}

json::object described(const oracle::Conflict& conflict) {
  auto [values, more] = with_counts(conflict.values);
  return {{"place", record::to_json(oracle::place_of(conflict.place))},
          {"values", std::move(values)},
          {"more", more}};
}

/// Why there is no verdict, each with what to do about it.
class Reasons {
 public:
  Reasons(const Evidence& evidence, record::Record& record)
      : evidence_(evidence), ledger_(evidence.ledger), record_(record) {}

  void find() {
    ending();
    if (ledger_.learning_too_long)
      say(ReasonCode::learning_too_long, {}, StepCode::give_learning_more_time);
    no_baseline();
    if (const int odd = ledger_.odd_resets(); odd > 0)
      say(ReasonCode::odd_resets, {{"attempts", odd}}, StepCode::make_fresh_resource);
    // One may be chance.
    if (ledger_.drifted_controls > 1)
      say(ReasonCode::controls_drifted,
          {{"drifted", ledger_.drifted_controls}, {"controls", ledger_.controls}},
          StepCode::use_own_target);
    unproven();
    if (record_.reasons.empty()) missing_effort();
  }

 private:
  void say(ReasonCode code, json::object with, StepCode next) {
    record_.reasons.push_back({code, std::move(with)});
    advise(next);
  }

  void advise(StepCode code) {
    const auto known = [code](const record::NextStep& step) { return step.code == code; };
    const auto& steps = record_.next_steps;
    if (std::none_of(steps.begin(), steps.end(), known)) record_.next_steps.push_back({code, {}});
  }

  void ending() {
    if (!ledger_.ending) return;
    record_.reasons.push_back(ledger_.ending->reason);
    if (ledger_.ending->is == record::Ending::unreachable) advise(StepCode::start_target);
    if (ledger_.ending->is == record::Ending::target_lost) advise(StepCode::keep_target_up);
  }

  void no_baseline() {
    constexpr std::size_t most = 12;
    std::vector<Reason> reasons;
    for (const auto& clash : ledger_.clashes) {
      json::object with = described(clash.conflict);
      with["order"] = record::to_json(trial::turns_of(clash.order, evidence_.scenario));
      reasons.push_back({ReasonCode::runs_differ, std::move(with)});
    }
    for (const oracle::Conflict& conflict : ledger_.reset_conflicts)
      reasons.push_back({ReasonCode::resets_differ, described(conflict)});
    if (reasons.size() > most) {
      const std::size_t more = reasons.size() - most;
      reasons.resize(most);
      reasons.push_back({ReasonCode::more_places_differ, {{"places", more}}});
    }
    std::move(reasons.begin(), reasons.end(), std::back_inserter(record_.reasons));
    set_mask();
    if (!record_.mask.empty()) advise(StepCode::mask_what_differs);
    if (!ledger_.reset_conflicts.empty()) advise(StepCode::make_fresh_resource);
  }

  void set_mask() {
    const auto add = [this](const oracle::Conflict& conflict) {
      auto path = oracle::mask_of(conflict.place);
      auto& mask = record_.mask;
      if (path && std::find(mask.begin(), mask.end(), *path) == mask.end())
        mask.push_back(std::move(*path));
    };
    for (const auto& clash : ledger_.clashes) add(clash.conflict);
    for (const oracle::Conflict& conflict : ledger_.reset_conflicts) add(conflict);
  }

  void unproven() {
    const auto suspicious =
        std::count_if(ledger_.attempts.begin(), ledger_.attempts.end(),
                      [](const Attempt& attempt) { return attempt.suspicious(); });
    if (suspicious > 0 && !was_interrupted(ledger_))
      say(ReasonCode::unproven, {{"attempts", suspicious}, {"serial_runs", ledger_.fresh_serial}},
          StepCode::give_proof_more_time);
  }

  void missing_effort() {
    record_.reasons = trial::missing_effort(ledger_, evidence_.oracle, evidence_.scenario);
    if (record_.reasons.empty()) return;
    if (ledger_.budget_ended)
      say(ReasonCode::budget_spent, {{"budget_s", base::in_seconds(evidence_.scenario.run.budget)}},
          StepCode::raise_budget);
    else if (ledger_.baseline && !ledger_.attempts.empty() && ledger_.one_at_a_time != true)
      advise(StepCode::raise_attempts);
  }

  const Evidence& evidence_;
  const Ledger& ledger_;
  record::Record& record_;
};

}  // namespace

void give_verdict(const Evidence& evidence, record::Record& record) {
  const Ledger& ledger = evidence.ledger;
  if (ledger.ending) record.ending = ledger.ending->is;
  if (auto finding = finding_of(evidence)) {
    const bool serially = finding->why.is == record::Why::Is::broke_serially;
    record.verdict = serially ? Verdict::broken : Verdict::race;
    if (serially) record.next_steps.push_back({StepCode::fix_server_or_rule, {}});
    record.findings.push_back(std::move(*finding));
  } else {
    Reasons(evidence, record).find();
    record.verdict = record.reasons.empty() ? Verdict::clean : Verdict::inconclusive;
  }
  record.exit_code = static_cast<int>(record::exit_of(record.verdict, record.ending));
}

}  // namespace finding
