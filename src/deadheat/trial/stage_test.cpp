#include <gtest/gtest.h>

#include "schedule/planner.h"
#include "trial/stage_testing.h"
#include "trial/truth_testing.h"

/// The simulation simulates what it should.
namespace {

using base::Nanoseconds;
using simulated::Faults;
using simulated::Meets;
using simulated::Stage;
using simulated::Target;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two who buy the last one.
Target coupon(Nanoseconds window) {
  Target target{.server = simulation::servers(true)[1], .interchangeable = true};
  target.timing.window = window;
  return target;
}

schedule::Schedule together(std::size_t entries) {
  schedule::Schedule schedule;
  schedule.offsets.resize(entries);
  for (std::size_t i = 0; i < entries; ++i) schedule.sequence.push_back(static_cast<int>(i));
  return schedule;
}

class StageTest : public testing::Test {
 protected:
  outcome::Outcome play(const Target& target, decltype(trial::Job::what) what,
                        const Faults& faults = {}, outcome::Pace pace = {}) {
    Stage stage(target, faults, 3);
    return stage
        .play(simulated::scenario_of(target), {.pace = pace, .what = std::move(what)}, seconds(1),
              0)
        .done.outcome;
  }
};

TEST_F(StageTest, StampsAreInOrderAndOutcomesWhole) {
  const Target target = coupon(milliseconds(1));
  const auto outcome = play(target, trial::AttemptJob{together(3)});
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(outcome.answers.size(), 3u);
  EXPECT_EQ(outcome.before.size(), 1u);
  EXPECT_EQ(outcome.after.size(), 1u);
  EXPECT_TRUE(outcome::overlapped(outcome));
  for (const outcome::Answer& answer : outcome.answers) {
    ASSERT_EQ(answer.steps.size(), 1u);
    EXPECT_LT(answer.steps[0].sent, outcome.gate_opened);
    EXPECT_EQ(answer.steps[0].released, outcome.gate_opened);
    EXPECT_GT(answer.steps[0].answered, outcome.gate_opened);
    EXPECT_TRUE(answer.steps[0].held_in_head);
  }
  EXPECT_GT(outcome.wall_end, outcome.wall_begin);
}

TEST_F(StageTest, ASerialRunIsOneAfterAnother) {
  const Target target = coupon(milliseconds(1));
  const auto outcome = play(target, trial::SerialJob{{.turns = {2, 0, 1}, .pause = seconds(1)}});
  ASSERT_EQ(outcome.answers.size(), 3u);
  EXPECT_EQ(outcome.answers[0].entry.copy, 2);
  EXPECT_TRUE(outcome.answers[0].ok) << "there is one for whoever comes first";
  EXPECT_FALSE(outcome.answers[1].ok);
  for (std::size_t i : {1u, 2u})
    EXPECT_GE(outcome.answers[i].begins(), outcome.answers[i - 1].ends() + seconds(1));
}

TEST_F(StageTest, TheSameSeedPlaysTheSame) {
  const Target target = coupon(milliseconds(1));
  const auto text = [&] {
    return base::to_text(outcome::as_rules_input(play(target, trial::AttemptJob{together(3)}),
                                                 simulated::scenario_of(target)));
  };
  EXPECT_EQ(text(), text());
}

/// What is planted is met as often as its window is wide against the jitter of arrival.
TEST_F(StageTest, AWiderWindowIsHitMoreOften) {
  double last = 0;
  for (const auto window : {microseconds(3), microseconds(30), microseconds(300)}) {
    const double rate = simulated::planted_rate(coupon(window), 400, 3);
    EXPECT_GT(rate, last);
    last = rate;
  }
  EXPECT_GT(last, 0.8);
}

TEST_F(StageTest, WhatWaitsForALockIsNoRace) {
  Target target = coupon(milliseconds(5));
  EXPECT_GT(simulated::planted_rate(target, 100, 3), 0.9);
  target.meets = Meets::a_lock;
  EXPECT_EQ(simulated::planted_rate(target, 400, 3), 0);
}

TEST_F(StageTest, OneWorkerTakesAsLongForTwoAsForOneAfterAnother) {
  for (const int workers : {0, 1}) {
    Target target = coupon(milliseconds(1));
    target.timing.before = milliseconds(10);
    target.workers = workers;
    const Faults none;
    Stage stage(target, none, 3);
    const auto pair =
        stage
            .play(simulated::scenario_of(target), {.what = trial::PairJob{0, 1}}, Nanoseconds(0), 0)
            .done.pair;
    ASSERT_TRUE(pair && pair->answered);
    EXPECT_EQ(pair->together > milliseconds(22), workers == 1);
  }
}

TEST_F(StageTest, LateReadsAreSeenToSettle) {
  Target target = coupon(milliseconds(1));
  target.read_lag = milliseconds(120);
  const auto outcome =
      play(target, trial::SerialJob{{.turns = {0, 1, 2}}}, {}, {.learn_settling = true});
  EXPECT_NE(outcome.after[0].body, outcome.before[0].body);
  EXPECT_GE(outcome.settled_after, milliseconds(200));
  const auto hasty = play(target, trial::SerialJob{{.turns = {0, 1, 2}}});
  EXPECT_EQ(hasty.after[0].body, hasty.before[0].body) << "nobody waited";
}

TEST_F(StageTest, FaultsAreWhatAPlayerWouldGiveBack) {
  const Target target = coupon(milliseconds(1));
  const auto lost = play(target, trial::AttemptJob{together(3)}, {.lost = 1});
  EXPECT_FALSE(lost.failure) << "in the race it is data";
  for (const outcome::Answer& answer : lost.answers) {
    EXPECT_TRUE(answer.indeterminate);
    EXPECT_EQ(answer.steps[0].answered, answer.steps[0].released + seconds(30));
  }
  using Kind = outcome::Failure::Kind;
  const auto failure_of = [&](const Faults& faults) {
    const auto outcome = play(target, trial::SerialJob{{.turns = {0, 1, 2}}}, faults);
    return outcome.failure ? std::optional(outcome.failure->kind) : std::nullopt;
  };
  EXPECT_EQ(failure_of({}), std::nullopt);
  EXPECT_EQ(failure_of({.failing_reset = 1}), Kind::unexpected);
  EXPECT_EQ(failure_of({.failing_reset = 2}), std::nullopt);
  EXPECT_EQ(failure_of({.outages = {{seconds(0), seconds(2)}}}), Kind::unreachable);
  EXPECT_EQ(failure_of({.outages = {{seconds(0), seconds(2), true}}}), Kind::no_answer);
  EXPECT_EQ(failure_of({.outages = {{seconds(0), milliseconds(500)}}}), std::nullopt) << "is over";
}

/// Truth is what the oracle is to find out.
TEST_F(StageTest, TruthAgreesWithWhatTheCouponSays) {
  const Target target = coupon(microseconds(100));
  const Faults none;
  Stage stage(target, none, 3);
  const simulated::Truth truth(target);
  const scenario::Scenario scenario = simulated::scenario_of(target);
  int races = 0;
  for (int i = 0; i < 200; ++i) {
    const auto outcome =
        stage.play(scenario, {.what = trial::AttemptJob{together(3)}}, seconds(i), 0).done.outcome;
    const auto ok = std::count_if(outcome.answers.begin(), outcome.answers.end(),
                                  [](const auto& answer) { return answer.ok; });
    const auto contradicts = truth.contradicts(stage.taken(outcome.number), outcome);
    ASSERT_TRUE(contradicts);
    EXPECT_EQ(*contradicts, ok > 1);
    races += *contradicts;
  }
  EXPECT_GT(races, 20);
  EXPECT_LT(races, 200);
}

}  // namespace
