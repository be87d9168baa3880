#include "trial/effort.h"

#include <algorithm>
#include <set>
#include <utility>

#include "record/record.h"
#include "trial/turns.h"

namespace trial {
namespace {

using record::ReasonCode;

/// Why attempts could not be judged, and how that is told.
using Doubt = oracle::Judgement::Doubt;
constexpr std::pair<Doubt, ReasonCode> doubts[] = {
    {Doubt::refusals, ReasonCode::unjudged_refusals},
    {Doubt::matching, ReasonCode::unjudged_matching},
    {Doubt::half_done, ReasonCode::unjudged_half_done},
    {Doubt::orders, ReasonCode::unjudged_orders}};

/// Whether an attempt that `explaining` accounts for shows the outcome class of `whole`: they are
/// the same order, or the same scripts won in the same turn, as far as they were let in: the others
/// were turned away, instead of being told that they lost, or of coming later.
bool shows(const oracle::Order& explaining, const oracle::Order& whole,
           const oracle::Oracle& oracle) {
  if (explaining == whole) return true;
  if (explaining.roles.size() >= whole.roles.size() || explaining.roles.empty()) return false;
  const std::vector<int> let_in = oracle.winners(explaining), winners = oracle.winners(whole);
  return !let_in.empty() && let_in.size() <= winners.size() &&
         std::equal(let_in.begin(), let_in.end(), winners.begin());
}

void missing_winners(const Ledger& ledger, const oracle::Oracle& oracle,
                     const scenario::Scenario& scenario, std::vector<record::Reason>& missing) {
  constexpr std::size_t few =
      6;  // beyond that many distinct outcomes only who came first must have been seen
  const auto& orders = oracle.orders();
  const std::vector<int> classes = oracle.outcome_classes();
  const std::set<int> distinct(classes.begin(), classes.end());
  if (distinct.size() < 2) return;
  if (distinct.size() <= few) {
    for (const int wanted : distinct) {
      bool seen = false;
      for (std::size_t i = 0; i < orders.size() && !seen; ++i)
        for (const auto& [order, times] : ledger.explained_by)
          seen = seen || (classes[i] == wanted && shows(order, orders[i], oracle));
      if (!seen)
        missing.push_back({ReasonCode::order_not_seen,
                           {{"order", record::to_json(turns_of(
                                          orders[static_cast<std::size_t>(wanted)], scenario))}}});
    }
    return;
  }
  std::set<int> first, shown;
  for (const oracle::Order& order : orders) first.insert(order.roles.front());
  for (const auto& [order, times] : ledger.explained_by)
    if (!order.roles.empty()) shown.insert(order.roles.front());
  for (const int script : first)
    if (!shown.contains(script))
      missing.push_back({ReasonCode::first_not_seen,
                         {{"script", scenario.race[static_cast<std::size_t>(script)].name}}});
}

}  // namespace

std::vector<record::Reason> missing_effort(const Ledger& ledger, const oracle::Oracle& oracle,
                                           const scenario::Scenario& scenario) {
  std::vector<record::Reason> missing;
  const auto say = [&](ReasonCode code, json::object with = {}) {
    missing.push_back({code, std::move(with)});
  };
  if (ledger.two_connections == false) {
    say(ReasonCode::one_connection);
    return missing;
  }
  if (oracle.nothing_answered_serially()) {
    say(ReasonCode::nothing_answered);
    return missing;
  }
  if (oracle.everything_refused_serially()) {
    say(ReasonCode::everything_refused);
    return missing;
  }
  if (ledger.one_at_a_time == true) say(ReasonCode::one_at_a_time);
  const auto count = [&](auto of) {
    return static_cast<int>(std::count_if(ledger.attempts.begin(), ledger.attempts.end(), of));
  };
  for (const auto& [doubt, code] : doubts) {
    const auto is = [doubt = doubt](const Attempt& a) { return a.judgement.doubt == doubt; };
    if (const int unjudged = count(is)) say(code, {{"attempts", unjudged}});
  }
  if (const int waiting = count([](const Attempt& a) { return a.waits(); }))
    say(ReasonCode::waiting_for_runs, {{"attempts", waiting}});
  int late = 0;
  for (const outcome::Tally& sink : ledger.sinks) late += sink.late;
  if (const int counted = ledger.counted(); counted < least_effort) {
    const int overlapped = count([](const Attempt& a) { return a.overlapped; });
    say(ReasonCode::too_little_effort, {{"counted", counted},
                                        {"attempts", ledger.attempts.size()},
                                        {"overlapped", overlapped},
                                        {"needed", least_effort}});
    if (late > 0) say(ReasonCode::late_calls, {{"calls", late}});
  }
  // Where a race is permitted, the orders may never come about.
  if (count([](const Attempt& a) { return a.permit && a.contradicts(); }) == 0)
    missing_winners(ledger, oracle, scenario, missing);
  return missing;
}

}  // namespace trial
