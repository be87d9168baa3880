#include "trial/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace trial {

int Ledger::hits() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.hit(); }));
}

int Ledger::judged() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.rated(); }));
}

int Ledger::counted() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.effort; }));
}

int Ledger::odd_resets() const {
  return static_cast<int>(std::count_if(attempts.begin(), attempts.end(),
                                        [](const Attempt& a) { return a.odd_reset; }));
}

const Ledger::ContentionError* Ledger::contention_error() const {
  for (const auto& [key, error] : errors)
    if (error.attempts.size() >= 2 && error.controls_before > 0 && error.controls_after > 0)
      return &error;
  return nullptr;
}

namespace {

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
                     const scenario::Scenario& scenario, std::vector<std::string>& missing) {
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
        missing.push_back(fmt::format("no attempt came out as in the order: {}",
                                      to_text(orders[static_cast<std::size_t>(wanted)], scenario)));
    }
    return;
  }
  std::set<int> first, shown;
  for (const oracle::Order& order : orders) first.insert(order.roles.front());
  for (const auto& [order, times] : ledger.explained_by)
    if (!order.roles.empty()) shown.insert(order.roles.front());
  for (const int script : first)
    if (!shown.contains(script))
      missing.push_back(fmt::format("no attempt came out as if {} had been first",
                                    scenario.race[static_cast<std::size_t>(script)].name));
}

}  // namespace

std::vector<std::string> missing_effort(const Ledger& ledger, const oracle::Oracle& oracle,
                                        const scenario::Scenario& scenario) {
  std::vector<std::string> missing;
  const auto say = [&](std::string text) { missing.push_back(std::move(text)); };
  if (ledger.two_connections == false) {
    say("the target serves one connection at a time: nothing can overlap. Start more workers");
    return missing;
  }
  if (oracle.nothing_answered_serially()) {
    say("no script was ever answered, not even alone");
    return missing;
  }
  if (oracle.everything_refused_serially()) {
    say("every script is turned away with the same status even when it runs alone");
    return missing;
  }
  if (ledger.one_at_a_time == true)
    say("the server never worked on two of these at once: two requests take as long together as "
        "one after the other. Start more workers, or use two sessions");
  const auto count = [&](auto of) {
    return static_cast<int>(std::count_if(ledger.attempts.begin(), ledger.attempts.end(), of));
  };
  using Doubt = oracle::Judgement::Doubt;
  constexpr std::pair<Doubt, const char*> doubts[] = {
      {Doubt::refusals, "more sets of refused scripts could be taken out than are tried"},
      {Doubt::matching, "there are too many ways to match them"},
      {Doubt::half_done, "of a script that was not answered a part certainly happened"},
      {Doubt::orders,
       "no order that was learnt explains them, and of the others there are too many to learn. "
       "Race fewer distinct scripts"}};
  for (const auto& [doubt, reason] : doubts) {
    const auto is = [doubt = doubt](const Attempt& a) { return a.judgement.doubt == doubt; };
    if (const int unjudged = count(is))
      say(fmt::format("{} could not be judged: {}",
                      unjudged == 1 ? "1 attempt" : fmt::format("{} attempts", unjudged), reason));
  }
  if (const int waiting = count([](const Attempt& a) { return a.waits(); }))
    say(fmt::format("{} attempts wait for serial runs that were not made in time", waiting));
  int late = 0;
  for (const sink::Tally& sink : ledger.sinks) late += sink.late;
  if (const int counted = ledger.counted(); counted < least_effort) {
    const int overlapped = count([](const Attempt& a) { return a.overlapped; });
    say(fmt::format("{} of {} attempts count as effort ({} overlapped); {} are needed", counted,
                    ledger.attempts.size(), overlapped, least_effort));
    if (late > 0)
      say(
          fmt::format("{} calls came to a sink after the state had been read, and attempts with "
                      "such do not count. Give them time with settle, such as settle: 2s",
                      late));
  }
  // Where a race is permitted, the orders may never come about.
  if (count([](const Attempt& a) { return a.permit && a.contradicts(); }) == 0)
    missing_winners(ledger, oracle, scenario, missing);
  return missing;
}

}  // namespace trial
