#include "trial/fewest.h"

#include <algorithm>
#include <numeric>

#include "record/record.h"

namespace trial {
namespace {

using base::Nanoseconds;

/// Whoever waits for a verdict knows it already: this may take as long again as the race of all
/// did, and at most a share of what is left of the budget.
constexpr int share_of_budget = 4;
constexpr Nanoseconds least_time = std::chrono::seconds(3);  // a group takes 1.5 s at least
/// Attempts that a group is given: enough to see, with 95 %, what hits a third as often as all did;
/// within these bounds.
constexpr int least_attempts = 20, most_attempts = 60;

int size_of(const Group& group) { return std::accumulate(group.begin(), group.end(), 0); }

std::vector<Group> pairs_of(const Group& all, const std::vector<int>& likely) {
  std::vector<Group> pairs;
  for (std::size_t later = 0; later < likely.size(); ++later)
    for (std::size_t sooner = 0; sooner <= later; ++sooner) {
      Group pair(all.size(), 0);
      ++pair[static_cast<std::size_t>(likely[sooner])];
      ++pair[static_cast<std::size_t>(likely[later])];
      if (sooner != later || all[static_cast<std::size_t>(likely[later])] > 1)
        pairs.push_back(std::move(pair));
    }
  return pairs;
}

Group group_of_all(const scenario::Scenario& scenario) {
  Group group;
  for (const scenario::Script& script : scenario.race) group.push_back(script.times);
  return group;
}

/// Scripts that succeeded before others, and those that change something before those that read.
std::vector<int> likely_scripts(const scenario::Scenario& scenario, const Attempt& hit) {
  std::vector<int> succeeded(scenario.race.size(), 0), list(scenario.race.size());
  for (const oracle::Told& told : hit.reading.told)
    succeeded[static_cast<std::size_t>(told.script)] += told.signature.ok;
  const auto rank = [&](int script) {
    const auto& steps = scenario.race[static_cast<std::size_t>(script)].steps;
    const bool reads = std::all_of(steps.begin(), steps.end(), scenario::is_safe);
    return std::pair(reads, succeeded[static_cast<std::size_t>(script)] == 0);
  };
  std::iota(list.begin(), list.end(), 0);
  std::stable_sort(list.begin(), list.end(), [&](int a, int b) { return rank(a) < rank(b); });
  return list;
}

/// Whether what a part of the scripts does can be judged by the scenario's own words.
bool can_be_parted(const scenario::Scenario& scenario) {
  const bool copies = std::any_of(scenario.race.begin(), scenario.race.end(),
                                  [](const scenario::Script& script) { return script.times > 1; });
  // The path of a script's answer is another where only one copy is left.
  return scenario.permits.empty() &&
         (scenario.mask.empty() || !copies || scenario.race.size() == 1);
}

}  // namespace

Fewest find_fewest(const Group& all, const std::vector<int>& likely,
                   const std::function<GroupTrial(const Group&)>& race) {
  Fewest found{.group = all};
  const auto races = [&](const Group& group) {
    const GroupTrial trial = race(group);
    found.cut_short = trial.is == GroupTrial::Is::cut_short;
    if (trial.is == GroupTrial::Is::no_race) found.quiet.push_back(group);
    if (trial.is != GroupTrial::Is::race) return false;
    found.group = group;
    found.trial = trial;
    return true;
  };
  for (const Group& pair : pairs_of(all, likely))
    if (races(pair) || found.cut_short) return found;
  // Those that hardly matter go first.
  for (auto script = likely.rbegin(); script != likely.rend(); ++script) {
    const auto place = static_cast<std::size_t>(*script);
    int too_few = std::max(-1, 2 - (size_of(found.group) - found.group[place]));
    while (too_few + 1 < found.group[place]) {
      Group fewer = found.group;
      fewer[place] = too_few + (found.group[place] - too_few) / 2;
      if (races(fewer)) continue;
      if (found.cut_short) return found;
      too_few = fewer[place];
    }
  }
  return found;
}

std::optional<Narrowing> narrowing(const scenario::Scenario& scenario, const Ledger& ledger,
                                   Nanoseconds elapsed) {
  Group all = group_of_all(scenario);
  if (!ledger.proven || !ledger.suspect || size_of(all) < 3 || !can_be_parted(scenario))
    return std::nullopt;
  const Attempt& hit = ledger.attempts[static_cast<std::size_t>(*ledger.suspect)];
  if (!hit.contradicts()) return std::nullopt;
  const double rate = record::rate(ledger.hits(), ledger.judged()).low;
  return Narrowing{.all = std::move(all),
                   .likely = likely_scripts(scenario, hit),
                   .time = std::min((scenario.run.budget - elapsed) / share_of_budget,
                                    std::max(elapsed, least_time)),
                   .attempts = std::clamp(static_cast<int>(9 / std::max(rate, 0.01)),
                                          least_attempts, most_attempts)};
}

scenario::Scenario part_of(const scenario::Scenario& scenario, const Group& group,
                           const Narrowing& narrowing, Nanoseconds budget) {
  scenario::Scenario part = scenario;
  part.setup.clear();
  part.teardown.clear();
  part.rules.clear();
  part.race.clear();
  for (std::size_t i = 0; i < group.size(); ++i)
    if (group[i] > 0) {
      part.race.push_back(scenario.race[i]);
      part.race.back().times = group[i];
    }
  part.run.budget = budget;
  part.run.attempts = narrowing.attempts;
  return part;
}

GroupTrial group_trial(const Ledger& ledger) {
  GroupTrial trial{.hits = ledger.hits(),
                   .judged = ledger.judged(),
                   .serial = ledger.fresh_serial,
                   .odd = ledger.fresh_odd};
  if (ledger.proven)
    trial.is = GroupTrial::Is::race;
  else if (ledger.baseline && !ledger.budget_ended && !ledger.ending)
    trial.is = GroupTrial::Is::no_race;
  return trial;
}

}  // namespace trial
