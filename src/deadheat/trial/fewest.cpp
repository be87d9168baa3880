#include "trial/fewest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "trial/trial.h"

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

/// "2 redeem", "cancel and accept", "3 redeem and refund".
std::string to_text(const Group& group, const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < group.size(); ++i)
    if (group[i] > 0)
      names.push_back(group[i] > 1 ? fmt::format("{} {}", group[i], scenario.race[i].name)
                                   : scenario.race[i].name);
  return fmt::format("{}", fmt::join(names, " and "));
}

/// The scenario with a part of its scripts. Setup was made; rules speak of all scripts.
scenario::Scenario part_of(const scenario::Scenario& scenario, const Group& group) {
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
  return part;
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
                   const std::function<Trial(const Group&)>& race) {
  Fewest found{.group = all};
  const auto races = [&](const Group& group) {
    const Trial trial = race(group);
    found.cut_short = trial.is == Trial::Is::cut_short;
    if (trial.is == Trial::Is::no_race) found.quiet.push_back(group);
    if (trial.is != Trial::Is::race) return false;
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

std::optional<Fewest> find_fewest(race::Course& course, const Options& options,
                                  const Ledger& ledger, Nanoseconds elapsed) {
  const scenario::Scenario& scenario = course.scenario;
  const Group all = group_of_all(scenario);
  if (!ledger.proven || !ledger.suspect || size_of(all) < 3 || !can_be_parted(scenario))
    return std::nullopt;
  const Attempt& hit = ledger.attempts[static_cast<std::size_t>(*ledger.suspect)];
  if (!hit.contradicts()) return std::nullopt;

  const Nanoseconds began = course.clock.now();
  const Nanoseconds time =
      std::min((scenario.run.budget - elapsed) / share_of_budget, std::max(elapsed, least_time));
  const double rate = record::rate(ledger.hits(), ledger.judged()).low;
  const auto race = [&](const Group& group) -> Trial {
    const Nanoseconds left = time - (course.clock.now() - began);
    if (left <= Nanoseconds(0) || course.stop) return {};
    scenario::Scenario part = part_of(scenario, group);
    part.run.budget = left;
    part.run.attempts =
        std::clamp(static_cast<int>(9 / std::max(rate, 0.01)), least_attempts, most_attempts);
    race::Course own{.scenario = part,
                     .evaluate = course.evaluate,
                     .clock = course.clock,
                     .run = course.run,
                     .bindings = course.bindings,
                     .sessions = course.sessions,
                     .next_attempt = course.next_attempt.load(),
                     .sinks = course.sinks};
    Options quiet = options;
    quiet.explore_window = false;
    quiet.repeat.reset();  // it is one of all
    quiet.on_line = {};    // the journal is that of the race of all
    quiet.on_progress = [&](record::Progress progress) {
      if (course.stop) own.stop = true;
      progress.phase = "narrowing";
      progress.remark =
          fmt::format("do {} of {} still race? at most {:.0f} s more", to_text(group, scenario),
                      size_of(all), base::in_seconds(time - (course.clock.now() - began)));
      progress.elapsed_s = base::in_seconds(elapsed + (course.clock.now() - began));
      progress.budget_s = base::in_seconds(scenario.run.budget);
      options.on_progress(progress);
    };
    Conductor conductor(own, quiet);
    conductor.run();
    course.next_attempt = own.next_attempt.load();
    const Ledger& heard = conductor.hearing().ledger();
    Trial trial{.hits = heard.hits(), .judged = heard.judged(), .serial = heard.fresh_serial};
    if (heard.proven)
      trial.is = Trial::Is::race;
    else if (heard.baseline && !heard.budget_ended && !heard.ending)
      trial.is = Trial::Is::no_race;
    return trial;
  };
  return find_fewest(all, likely_scripts(scenario, hit), race);
}

record::Fewest in_words(const Fewest& fewest, const scenario::Scenario& scenario) {
  record::Fewest words{.of = size_of(group_of_all(scenario)), .cut_short = fewest.cut_short};
  for (const Group& group : fewest.quiet) words.quiet.push_back(to_text(group, scenario));
  if (!fewest.trial) return words;
  words.scripts = size_of(fewest.group);
  words.group = to_text(fewest.group, scenario);
  words.concurrent = record::rate(fewest.trial->hits, fewest.trial->judged);
  words.serial = record::rate(0, fewest.trial->serial);
  return words;
}

}  // namespace trial
