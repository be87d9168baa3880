#include "cases.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "trial/truth_testing.h"

namespace cases {
namespace {

using simulated::Flips;
using simulated::Meets;
using simulated::Nanoseconds;
using simulated::Outage;
using simulated::Target;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Whatever is refused of a script leaves nothing behind: only its last request changes anything.
bool writes_last(const Target& target) {
  for (int entry = 0; entry < target.server.entries; ++entry) {
    const simulation::Work work = target.server.work(entry);
    if (std::any_of(work.begin(), work.end() - 1, [](const auto& r) { return !r.safe; }))
      return false;
  }
  return true;
}

/// The observing read returns an object, which can have one more member.
bool shows_object(const Target& target) {
  simulation::World untouched(nullptr);
  return target.server.state && target.server.state(untouched).second.is_object();
}

/// How many scripts succeed one after another, in the orders where fewest and most do.
std::pair<int, int> successes(const Target& target) {
  const scenario::Scenario scenario = simulated::scenario_of(target);
  const simulated::Faults none;
  simulated::Stage stage(target, none, 1);
  schedule::Sequence sequence;
  sequence.turns.resize(static_cast<std::size_t>(target.server.entries));
  std::iota(sequence.turns.begin(), sequence.turns.end(), 0);
  std::pair<int, int> range{target.server.entries, 0};
  do {
    const auto run = stage.play(scenario, {.what = trial::SerialJob{sequence}}, Nanoseconds(0), 0);
    const auto& answers = run.done.outcome.answers;
    const auto ok = static_cast<int>(std::count_if(answers.begin(), answers.end(),
                                                   [](const auto& answer) { return answer.ok; }));
    range = {std::min(range.first, ok), std::max(range.second, ok)};
  } while (std::next_permutation(sequence.turns.begin(), sequence.turns.end()));
  return range;
}

class Collection {
 public:
  Collection(std::uint64_t seed, int attempts_per_rate)
      : random_(seed), attempts_per_rate_(attempts_per_rate) {}

  std::vector<Case> all() {
    correct_ones();
    racy_ones();
    with_rules();
    with_faults();
    random_.shuffle(cases_);
    return std::move(cases_);
  }

 private:
  void correct_ones() {
    for (const Target& target : servers(false)) {
      add(Group::correct, target);
      Target late = timed(target);
      late.read_lag = between(milliseconds(1), milliseconds(150));
      if (late.server.state) add(Group::reads_late, late);
      Target alone = target;
      alone.timing.before = milliseconds(8);
      alone.workers = 1;
      alone.one_connection = random_.below(4) == 0;
      add(Group::one_at_a_time, alone);
      Target flips = timed(target);
      constexpr double rates[] = {0.001, 0.003, 0.01};
      flips.flip_rate = rates[random_.below(3)];
      flips.flips =
          random_.below(2) == 0 && shows_object(target) ? Flips::in_state : Flips::in_answers;
      add(Group::flips, flips);
      Target mixes = timed(target);
      mixes.mixes_lanes = true;
      add(Group::mixes_lanes, mixes).scenario.run.lanes = 8;
      Target limited = timed(target);
      limited.meets = Meets::a_limit;
      // A script that is turned away after it has changed something is no script of an order.
      if (writes_last(target)) add(Group::waits, limited);
    }
    for (Target target : servers(true)) {
      target.meets = Meets::a_lock;
      // A lock of one request is none of two.
      if (target.server.work(0).size() == 1) add(Group::waits, timed(target));
    }
  }

  void racy_ones() {
    for (const Target& target : servers(true))
      for (int i = 0; i < 3; ++i) add(Group::racy, timed(target), Racy::yes);
    for (Target target : servers(false)) {
      if (target.server.work(0).size() > 1) continue;
      target.meets = Meets::an_error;
      target.error_rate = std::pow(10, -1.5 * random_.unit());
      add(Group::errors, timed(target), Racy::yes);
    }
    for (const bool racy : {false, true})
      for (const bool counted : {false, true}) {
        Target target{.server = simulated::stock(racy), .interchangeable = true};
        target.keeps = "stock";
        Case& stock = add(Group::counts, timed(target), racy && counted ? Racy::yes : Racy::no);
        if (counted) stock.scenario.counts = {{".after.resource.body.stock", {}}};
      }
  }

  void with_rules() {
    for (const bool racy : {false, true})
      for (const Target& target : servers(racy)) {
        const auto [fewest, most] = successes(target);
        const Racy is = racy ? Racy::yes : Racy::no;
        keep_to(add(Group::rule, timed(target), is), 0, most);
        if (most > 0 && !racy) keep_to(add(Group::broken, timed(target)), 0, most - 1);
        Target flipping = timed(target);
        flipping.flips = shows_object(target) ? Flips::in_state : Flips::in_answers;
        flipping.flips_truth = true;
        flipping.flip_rate = 0.5;
        keep_to(add(Group::no_baseline, flipping, is), 0, most);
      }
  }

  void with_faults() {
    for (const bool racy : {false, true})
      for (const Target& target : servers(racy)) {
        const Racy is = racy ? Racy::yes : Racy::no;
        Case& lost = add(Group::lost_in_races, timed(target), is);
        lost.faults.lost = 0.001 * std::pow(100, random_.unit());
        lost.faults.late = 0.01;
        Case& stops = add(Group::stops, timed(target), is);
        const Nanoseconds from = between(milliseconds(1), seconds(20));
        const Nanoseconds lasts = between(milliseconds(1), seconds(200));
        stops.faults.outages = {Outage{from, from + lasts, random_.below(2) == 0}};
        if (racy) continue;
        Case& flaky = add(Group::flaky, timed(target));
        flaky.faults.lost = flaky.faults.lost_serially = 0.0005 * std::pow(40, random_.unit());
        flaky.faults.hangs_up = 0.02;
        add(Group::reset_fails, timed(target)).faults.failing_reset =
            1 + static_cast<int>(random_.below(150));
      }
  }

  static std::vector<Target> servers(bool racy) {
    std::vector<Target> targets;
    for (const simulation::Server& server : simulation::servers(racy))
      for (const bool interchangeable : {false, true})
        if (!interchangeable || server.may_interchange)
          targets.push_back({.server = server, .interchangeable = interchangeable});
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const simulation::Server server = simulation::random_server(racy, seed);
      targets.push_back(
          {.server = server, .interchangeable = server.may_interchange && seed % 4 != 0});
    }
    for (const bool interchangeable : {false, true})
      targets.push_back(
          {.server = simulated::stale_answers(racy), .interchangeable = interchangeable});
    return targets;
  }

  /// From one to another, as likely between 1 and 2 ms as between 10 and 20.
  Nanoseconds between(Nanoseconds least, Nanoseconds most) {
    const double ratio = static_cast<double>(most.count()) / static_cast<double>(least.count());
    return Nanoseconds(static_cast<std::int64_t>(static_cast<double>(least.count()) *
                                                 std::pow(ratio, random_.unit())));
  }

  Target timed(Target target) {
    target.timing = {.network = between(microseconds(20), milliseconds(2)),
                     .before = between(microseconds(50), milliseconds(5)),
                     .window = between(microseconds(20), milliseconds(20)),
                     .after = between(microseconds(50), milliseconds(1)),
                     .jitter = 0.05 + 0.3 * random_.unit()};
    target.begins_with_head = random_.below(4) == 0;
    return target;
  }

  enum class Racy { no, yes };
  Case& add(Group group, const Target& target, Racy racy = Racy::no) {
    Case& added = cases_.emplace_back();
    added.group = group;
    added.target = target;
    added.correct = racy == Racy::no;
    added.scenario = simulated::scenario_of(target);
    constexpr int lanes[] = {1, 1, 2, 4, 8, 20};
    added.scenario.run.lanes = lanes[random_.below(std::size(lanes))];
    added.scenario.run.attempts = 120;
    if (racy == Racy::yes)
      added.rate = simulated::planted_rate(target, attempts_per_rate_, random_.next());
    return added;
  }

  /// So many scripts succeed.
  static void keep_to(Case& of, int least, int most) {
    scenario::Successes rule{.at_least = least, .at_most = most};
    for (const scenario::Script& script : of.scenario.race) rule.of.push_back(script.name);
    of.scenario.rules.push_back({.name = "successes", .holds = std::move(rule)});
  }

  base::Random random_;
  int attempts_per_rate_;
  std::vector<Case> cases_;
};

}  // namespace

const char* name_of(Group group) {
  constexpr const char* names[] = {"correct",
                                   "correct: waits or refuses",
                                   "correct: reads late",
                                   "correct: one at a time",
                                   "correct: a value flips",
                                   "correct: mixes lanes",
                                   "a stock, counted or not",
                                   "racy",
                                   "errors under contention",
                                   "a rule",
                                   "a rule, no baseline",
                                   "a rule that no order keeps",
                                   "answers lost in races",
                                   "answers lost anywhere",
                                   "the target stops",
                                   "a reset fails"};
  static_assert(std::size(names) == groups);
  return names[static_cast<int>(group)];
}

std::vector<Case> all(std::uint64_t seed, int attempts_per_rate) {
  return Collection(seed, attempts_per_rate).all();
}

}  // namespace cases
