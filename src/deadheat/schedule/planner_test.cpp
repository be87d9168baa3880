#include "schedule/planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using schedule::from_json;
using schedule::Hold;
using schedule::Planner;
using schedule::Schedule;
using schedule::Sync;

/// A scenario of scripts with so many steps each.
scenario::Scenario scripts(const std::vector<int>& steps) {
  scenario::Scenario scenario;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    scenario::Script script;
    script.name = std::string(1, static_cast<char>('a' + i));
    script.steps.resize(static_cast<std::size_t>(steps[i]));
    scenario.race.push_back(script);
  }
  return scenario;
}

/// Each script takes `alone`, most of it in its last step.
Planner learnt(const scenario::Scenario& scenario, Nanoseconds alone, std::uint64_t seed = 7) {
  Planner planner(scenario, seed);
  std::vector<schedule::Alone> spans;
  for (const scenario::Script& script : scenario.race)
    spans.emplace_back(script.steps.size(), alone);
  planner.learn_latency(std::move(spans));
  return planner;
}

std::vector<Schedule> plan(Planner& planner, int count) {
  std::vector<Schedule> schedules;
  for (int i = 0; i < count; ++i) schedules.push_back(planner.next());
  return schedules;
}

std::vector<Schedule> plan(const scenario::Scenario& scenario, int count, std::uint64_t seed = 7) {
  Planner planner = learnt(scenario, 10ms, seed);
  return plan(planner, count);
}

bool together(const Schedule& schedule) {
  return std::all_of(schedule.offsets.begin(), schedule.offsets.end(),
                     [](Nanoseconds offset) { return offset == 0ns; });
}

TEST(Planner, TheSameSeedGivesTheSameSchedules) {
  const auto texts_by = [](std::uint64_t seed) {
    std::vector<std::string> lines;
    for (const Schedule& schedule : plan(scripts({2, 1, 3}), 50, seed))
      lines.push_back(base::to_text(to_json(schedule)));
    return lines;
  };
  EXPECT_EQ(texts_by(1), texts_by(1));
  EXPECT_NE(texts_by(1), texts_by(2));
}

TEST(Planner, BeginsWithTheMostPromising) {
  const auto first = plan(scripts({2, 2}), 2);
  EXPECT_TRUE(together(first[0]) && together(first[1]));
  EXPECT_EQ(first[0].hold, Hold::headers);
  EXPECT_EQ(first[1].hold, Hold::body);
  EXPECT_EQ(first[0].gate, 1);
  EXPECT_EQ(first[1].gate, 1);
  EXPECT_EQ(first[0].sync, Sync::held);
}

TEST(Planner, HalfAreTogether) {
  const auto schedules = plan(scripts({1, 1, 1}), 200);
  EXPECT_EQ(std::count_if(schedules.begin(), schedules.end(), together), 100);
}

TEST(Planner, EachManyTimesWithEachHoldAndGate) {
  std::map<std::tuple<int, Hold, bool>, int> seen;
  for (const Schedule& schedule : plan(scripts({3, 1}), 120))
    ++seen[{schedule.gate, schedule.hold, together(schedule)}];
  EXPECT_EQ(seen.size(), 3u * 2 * 2);
  for (const auto& [manner, times] : seen) {
    const bool last_gate = std::get<0>(manner) == 2;
    EXPECT_GE(times, last_gate ? 15 : 6) << "gate " << std::get<0>(manner);
  }
}

TEST(Planner, OffsetsBeginAtZeroAndSequencesAreWhole) {
  for (const int scripts_in_race : {2, 3, 20})
    for (const Schedule& schedule :
         plan(scripts(std::vector<int>(static_cast<std::size_t>(scripts_in_race), 1)), 300)) {
      ASSERT_EQ(schedule.offsets.size(), static_cast<std::size_t>(scripts_in_race));
      EXPECT_EQ(*std::min_element(schedule.offsets.begin(), schedule.offsets.end()), 0ns);
      EXPECT_LE(*std::max_element(schedule.offsets.begin(), schedule.offsets.end()), 10ms);
      EXPECT_TRUE(from_json(to_json(schedule), schedule.offsets.size()));
    }
}

/// How much later b is released than a.
std::vector<Nanoseconds> lags(const std::vector<Schedule>& schedules) {
  std::vector<Nanoseconds> result;
  for (const Schedule& schedule : schedules)
    if (!together(schedule)) result.push_back(schedule.offsets[1] - schedule.offsets[0]);
  return result;
}

TEST(Planner, TheSweepAlternatesSidesAndGoesOutwards) {
  const auto swept = lags(plan(scripts({1, 1}), 32));
  ASSERT_EQ(swept.size(), 16u);
  for (std::size_t i = 0; i < swept.size(); ++i)
    EXPECT_EQ(swept[i] > 0ns, i % 2 == 0) << "lag " << i;
  for (std::size_t i = 2; i < swept.size(); ++i)
    EXPECT_GE(std::chrono::abs(swept[i]), std::chrono::abs(swept[i - 2])) << "lag " << i;
  EXPECT_LE(swept[0], Nanoseconds(10ms) / 64);
}

TEST(Planner, TheSweepCoversTheRange) {
  std::set<std::int64_t> milliseconds;  // rounded down, so that -0.5 is in another cell than 0.5
  for (const Nanoseconds lag : lags(plan(scripts({1, 1}), 400)))
    milliseconds.insert(std::chrono::floor<std::chrono::milliseconds>(lag).count());
  EXPECT_EQ(milliseconds.size(), 20u);
  EXPECT_EQ(*milliseconds.begin(), -10);
  EXPECT_EQ(*milliseconds.rbegin(), 9);
}

TEST(Planner, TheSweepIsCapped) {
  Planner planner = learnt(scripts({1, 1}), 10s);
  for (const Nanoseconds lag : lags(plan(planner, 200)))
    EXPECT_LE(std::chrono::abs(lag), schedule::widest_offset);
}

TEST(Planner, EveryEntryIsLateAtTimes) {
  std::vector<int> late(5);
  for (const Schedule& schedule : plan(scripts({1, 1, 1, 1, 1}), 100))
    for (std::size_t i = 0; i < late.size(); ++i) late[i] += schedule.offsets[i] > 0ns ? 1 : 0;
  for (const int times : late) EXPECT_GE(times, 10);
}

TEST(Planner, WithoutLatencyOrSweepAllAreTogether) {
  Planner unlearnt(scripts({1, 1}), 7);
  EXPECT_TRUE(lags(plan(unlearnt, 40)).empty());
  scenario::Scenario scenario = scripts({1, 1});
  scenario.run.offsets = scenario::Offsets::none;
  EXPECT_TRUE(lags(plan(scenario, 40)).empty());
}

TEST(Planner, KeepsToWhatTheScenarioSays) {
  scenario::Scenario scenario = scripts({1, 1});
  scenario.run.hold = scenario::Hold::body;
  scenario.run.sync = scenario::Sync::threads;
  for (const Schedule& schedule : plan(scenario, 20)) {
    EXPECT_EQ(schedule.hold, Hold::body);
    EXPECT_EQ(schedule.sync, Sync::threads);
  }
}

TEST(Planner, SharesAConnectionInTurnsWhereTheTargetCan) {
  const auto shared = [](const scenario::Scenario& scenario, bool can) {
    Planner planner(scenario, 7);
    if (can) planner.learn_multiplexing();
    std::string turns;
    for (const Schedule& schedule : plan(planner, 32)) {
      turns += schedule.connections == schedule::Connections::shared ? 's' : 'o';
      EXPECT_EQ(from_json(to_json(schedule), 2)->connections, schedule.connections);
    }
    return turns;
  };
  scenario::Scenario scenario = scripts({1, 1});
  EXPECT_EQ(shared(scenario, false), std::string(32, 'o'));
  EXPECT_EQ(shared(scenario, true), "ssssssssoooooooossssssssoooooooo");
  scenario.run.connections = scenario::Connections::own;
  EXPECT_EQ(shared(scenario, true), std::string(32, 'o'));
  scenario.run.connections = scenario::Connections::shared;
  EXPECT_EQ(shared(scenario, true), std::string(32, 's'));
  scenario.run.sync = scenario::Sync::threads;
  EXPECT_EQ(shared(scenario, true), std::string(32, 'o'));
}

TEST(Planner, ComesBackToWhereSomethingHappened) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  Schedule hit = planner.next();
  hit.offsets = {0ns, 6500us};
  planner.hear(hit, {.hit = true});
  int close = 0;
  for (const Nanoseconds lag : lags(plan(planner, 80)))
    close += lag >= 5200us && lag <= 7800us ? 1 : 0;
  EXPECT_GE(close, 20);  // half of the swept; a plain sweep brings some 4
}

TEST(Planner, ReplaysWhatHitExactly) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  const auto schedules = plan(planner, 8);
  planner.hear(schedules[2], {.near_miss = true});
  planner.hear(schedules[3], {.hit = true});
  EXPECT_EQ(to_json(planner.replay()), to_json(schedules[3]));
}

TEST(Planner, WithoutAHitAReplayIsTheNext) {
  Planner planner(scripts({1, 1}), 7);
  Planner twin(scripts({1, 1}), 7);
  planner.hear(planner.next(), {.near_miss = true});
  (void)twin.next();
  EXPECT_EQ(to_json(planner.replay()), to_json(twin.next()));
}

TEST(Planner, ALuckyHitGivesWayToABetterOne) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  const auto schedules = plan(planner, 8);
  planner.hear(schedules[0], {.hit = true});
  planner.hear(schedules[7], {.hit = true});
  (void)planner.replay();  // of the first, which misses now
  (void)planner.replay();
  planner.hear(schedules[7], {.hit = true});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(to_json(planner.replay()), to_json(schedules[7]));
    planner.hear(schedules[7], {.hit = true});
  }
}

// -- each way of being apart has its turn

/// `times` copies of each.
scenario::Scenario copies(const std::vector<int>& times, int steps = 1) {
  scenario::Scenario scenario = scripts(std::vector<int>(times.size(), steps));
  for (std::size_t i = 0; i < times.size(); ++i) scenario.race[i].times = times[i];
  return scenario;
}

TEST(Planner, NoLagIsLongerThanWhatItIsLateFor) {
  Planner planner(scripts({2, 1}), 7);
  planner.learn_latency({{9ms, 2ms}, {500us}});
  for (const Schedule& schedule : plan(planner, 200)) {
    const Nanoseconds lag = schedule::lag(schedule);
    EXPECT_LE(lag, schedule.gate == 0 ? 9ms : 2ms);
    EXPECT_GE(lag, -500us);
  }
}

TEST(Planner, GatesHoldsAndSidesAreCrossed) {
  std::map<std::tuple<int, Hold, bool, bool>, int> seen;
  for (const Schedule& schedule : plan(scripts({2, 2}), 200)) {
    if (together(schedule)) continue;
    const Nanoseconds lag = schedule::lag(schedule);
    ++seen[{schedule.gate, schedule.hold, lag > 0ns, std::chrono::abs(lag) > 2500us}];
  }
  EXPECT_EQ(seen.size(), 16u);
  for (const auto& [cell, times] : seen) EXPECT_GE(times, 4);
}

TEST(Planner, OfThreeOneIsMovedAtATime) {
  std::set<std::vector<bool>> seen;
  std::vector<std::vector<bool>> in_turn;
  for (const Schedule& schedule : plan(scripts({1, 1, 1}), 200)) {
    if (together(schedule)) continue;
    std::vector<bool> late;
    for (const Nanoseconds offset : schedule.offsets) late.push_back(offset > 0ns);
    seen.insert(late);
    if (in_turn.empty() || (in_turn.back() != late && in_turn.size() < 6)) in_turn.push_back(late);
  }
  EXPECT_EQ(seen.size(), 6u);
  // Script a to both sides, stratum by stratum, before the next.
  EXPECT_EQ(in_turn[0], std::vector<bool>({true, false, false}));
  EXPECT_EQ(in_turn[1], std::vector<bool>({false, true, true}));
  EXPECT_EQ(in_turn[2], in_turn[0]);
}

/// What is moved against what, in words: "0 late", "1 early", "0 in a row", "one of 0 late".
std::string moved(const Schedule& schedule, const std::vector<scenario::Entry>& entries) {
  const Nanoseconds most = *std::max_element(schedule.offsets.begin(), schedule.offsets.end());
  std::map<int, int> late, between, all;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ++all[entries[i].script];
    late[entries[i].script] += schedule.offsets[i] == most;
    between[entries[i].script] += schedule.offsets[i] > 0ns && schedule.offsets[i] < most;
  }
  std::string text;
  for (const auto& [script, count] : all) {
    const std::string name = std::to_string(script);
    if (between[script] > 0)
      text += name + " in a row ";
    else if (late[script] == count)
      text += name + " late ";
    else if (late[script] > 0)
      text += late[script] == 1 ? "one of " + name + " late " : "one of " + name + " early ";
  }
  return text;
}

TEST(Planner, ManyCopiesStayWithinThePlannedAttempts) {
  struct Case {
    const char* what;
    scenario::Scenario scenario;
    std::set<std::string> moves;
  };
  const Case cases[] = {
      {"a hundred of one", copies({100}), {"one of 0 early ", "one of 0 late ", "0 in a row "}},
      {"a hundred against one",
       copies({100, 1}),
       {"0 late ", "1 late ", "one of 0 early ", "one of 0 late ", "0 in a row "}},
      {"two crowds of two steps",
       copies({50, 50}, 2),
       {"0 late ", "1 late ", "one of 0 early ", "one of 0 late ", "0 in a row ", "one of 1 early ",
        "one of 1 late ", "1 in a row "}},
      {"twelve scripts", copies(std::vector<int>(12, 1)), {}},
  };
  for (const Case& c : cases) {
    const std::vector<scenario::Entry> entries = scenario::entries(c.scenario);
    std::set<std::string> seen;
    Nanoseconds waited{0};
    for (const Schedule& schedule : plan(c.scenario, c.scenario.run.attempts)) {
      const Nanoseconds most = *std::max_element(schedule.offsets.begin(), schedule.offsets.end());
      EXPECT_LE(most, 10ms) << c.what;
      waited += most;
      if (!together(schedule)) seen.insert(moved(schedule, entries));
    }
    // Small lags are more frequent: on the average a third of the reach, in every second attempt.
    EXPECT_LE(waited, 10ms * c.scenario.run.attempts / 4) << c.what;
    if (!c.moves.empty())
      EXPECT_EQ(seen, c.moves) << c.what;
    else
      EXPECT_EQ(seen.size(), 24u) << c.what;
  }
}

TEST(Planner, RepeatsOneScheduleWhateverIsHeard) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  const Schedule only{.hold = Hold::body, .offsets = {0ns, 3ms}, .sequence = {1, 0}};
  planner.repeat(only);
  for (int i = 0; i < 20; ++i) {
    const Schedule schedule = i % 3 == 0 ? planner.replay() : planner.next();
    EXPECT_EQ(to_json(schedule), to_json(only));
    Schedule other = only;
    other.offsets[1] = 5ms;
    planner.hear(other, {.hit = true});
  }
}

TEST(Planner, BothHoldsAreTriedBetweenFlipsEvenWhileThereAreNearMisses) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  planner.hear({.offsets = {0ns, 6ms}, .sequence = {0, 1}}, {.first = 1});
  planner.hear({.offsets = {0ns, 6100us}, .sequence = {0, 1}}, {.first = 0});
  for (int gate = 1; gate <= 20; ++gate)  // each is looked at a few times only
    planner.hear({.gate = gate, .offsets = {0ns, 1ms}, .sequence = {0, 1}}, {.near_miss = true});
  std::map<Hold, int> holds;
  for (const Schedule& schedule : plan(planner, 64))
    if (schedule::lag(schedule) >= 6ms && schedule::lag(schedule) <= 6100us) ++holds[schedule.hold];
  EXPECT_GE(holds[Hold::headers], 3);
  EXPECT_GE(holds[Hold::body], 3);
}

// -- a simulated server: does the sweep find what it is for?

/// Of two handlers each works for a while, then reads, and writes after its window.
struct Handlers {
  Nanoseconds work_a, window_a, work_b, window_b;
  bool orders_differ;  // an outcome shows who came first

  [[nodiscard]] schedule::Sign play(const Schedule& schedule, base::Random& random) const {
    const auto jitter = [&] { return Nanoseconds(static_cast<int>(random.unit() * 200'000)); };
    const Nanoseconds a = schedule.offsets[0] + jitter() + work_a;
    const Nanoseconds b = schedule.offsets[1] + jitter() + work_b;
    if (a < b + window_b && b < a + window_a) return {.hit = true};
    if (!orders_differ) return {};
    return {.first = a < b ? 0 : 1};
  }
};

/// In which attempt so many have hit; replays as soon as one has, but for every third.
int attempts_until(int hits, const Handlers& handlers, std::uint64_t seed) {
  Planner planner(scripts({1, 1}), seed);
  planner.learn_latency(
      {{handlers.work_a + handlers.window_a}, {handlers.work_b + handlers.window_b}});
  base::Random random(seed);
  int seen = 0, attempts = 0;
  while (seen < hits && attempts < 1000) {
    ++attempts;
    const Schedule schedule = seen == 0 || attempts % 3 == 0 ? planner.next() : planner.replay();
    const schedule::Sign sign = handlers.play(schedule, random);
    planner.hear(schedule, sign);
    seen += sign.hit;
  }
  return attempts;
}

TEST(Planner, FindsAWindowThatIsNotMetTogether) {
  struct Case {
    const char* what;
    Handlers handlers;
    int within;
  };
  const Case cases[] = {
      {"6 ms before a window of 1 ms", {6ms, 1ms, 0ms, 1ms, true}, 30},
      {"likewise, and no outcome tells who came first", {6ms, 1ms, 0ms, 1ms, false}, 60},
      {"the other handler is the slow one", {0ms, 1ms, 6ms, 1ms, true}, 30},
      {"likewise, and no outcome tells", {0ms, 1ms, 6ms, 1ms, false}, 60},
      {"40 ms before a window of 1 ms", {40ms, 1ms, 0ms, 200us, true}, 60},
  };
  for (const Case& c : cases) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
      found += attempts_until(4, c.handlers, seed) <= c.within;
    EXPECT_GE(found, 18) << c.what;
  }
}

TEST(Planner, AlmostAllReplaysOfAFoundWindowHit) {
  const Handlers handlers{6ms, 1ms, 0ms, 1ms, true};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Planner planner(scripts({1, 1}), seed);
    planner.learn_latency({{7ms}, {1ms}});
    base::Random random(seed);
    for (int i = 0; i < 100; ++i) {
      const Schedule schedule = planner.next();
      planner.hear(schedule, handlers.play(schedule, random));
    }
    int hits = 0;
    for (int i = 0; i < 40; ++i) {
      const Schedule schedule = planner.replay();
      const schedule::Sign sign = handlers.play(schedule, random);
      planner.hear(schedule, sign);
      hits += sign.hit;
    }
    EXPECT_GE(hits, 35) << "seed " << seed;
  }
}

TEST(Planner, ExploresHowWideAFoundWindowIs) {
  const Handlers handlers{6ms, 1ms, 0ms, 1ms, true};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Planner planner(scripts({1, 1}), seed);
    planner.learn_latency({{7ms}, {1ms}});
    base::Random random(seed);
    planner.hear({.offsets = {0ns, 6300us}, .sequence = {0, 1}}, {.hit = true});
    Nanoseconds least = 6300us, most = 6300us;
    int hits = 0;
    for (int i = 0; i < 40; ++i) {
      const Schedule schedule = planner.around_hits();
      const schedule::Sign sign = handlers.play(schedule, random);
      planner.hear(schedule, sign);
      if (!sign.hit) continue;
      ++hits;
      least = std::min(least, schedule::lag(schedule));
      most = std::max(most, schedule::lag(schedule));
    }
    // It hits from 5 to 7 ms; about half of the attempts are inside.
    EXPECT_GE(hits, 14) << "seed " << seed;
    EXPECT_LE(hits, 36) << "seed " << seed;
    EXPECT_LE(least, 5400us) << "seed " << seed;
    EXPECT_GE(most, 6600us) << "seed " << seed;
  }
}

TEST(Planner, GivesUpNearMissesThatLeadToNothing) {
  Planner planner = learnt(scripts({1, 1}), 10ms);
  const Schedule near_miss{.offsets = {0ns, 8ms}, .sequence = {0, 1}};
  planner.hear(near_miss, {.near_miss = true});
  const auto is_close = [](Nanoseconds lag) { return lag >= 6400us && lag <= 9600us; };
  const std::vector<Nanoseconds> soon = lags(plan(planner, 32));
  const std::vector<Nanoseconds> later = lags(plan(planner, 400));
  EXPECT_GE(std::count_if(soon.begin(), soon.end(), is_close), 4);
  // What a plain sweep brings: of eight strata two are there, on one side of two.
  EXPECT_LE(std::count_if(later.begin(), later.end(), is_close), 40);
}

}  // namespace
