#include <gtest/gtest.h>

#include "sensitivity/measure.h"

namespace {

using namespace std::chrono_literals;
using sensitivity::measure;
using sensitivity::median_of_firsts;
using sensitivity::Plan;
using sensitivity::Planted;

const base::SystemClock clock_of_machine;

/// A window that no machine is too busy for, and its cured twin.
Plan wide(Planted::Fault fault) {
  return {.windows = {10ms}, .rounds = 3, .attempts = 12, .limit = 60s, .seed = 1, .fault = fault};
}

TEST(Measure, FindsAPlantedWindow) {
  double share = 0;
  Plan plan = wide(Planted::Fault::lost_update);
  plan.on_progress = [&](double done) {
    EXPECT_GT(done, share);
    share = done;
  };
  const auto found = measure(plan, clock_of_machine);
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->size(), 1U);
  const record::Planted& planted = found->front();
  EXPECT_EQ(planted.window_us, 10'000);
  EXPECT_EQ(planted.rounds, 3);
  EXPECT_EQ(planted.found_in, 3);
  EXPECT_GE(planted.attempts, 1);
  EXPECT_LE(planted.attempts, 12);
  EXPECT_EQ(planted.rate.of, 36);
  EXPECT_GE(planted.rate.hits, 3);
  EXPECT_EQ(share, 1);
}

TEST(Measure, FindsNothingInTheCuredTwin) {
  const auto found = measure(wide(Planted::Fault::none), clock_of_machine);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->front().found_in, 0);
  EXPECT_EQ(found->front().attempts, 0);
  EXPECT_EQ(found->front().rate.hits, 0);
  EXPECT_EQ(found->front().rate.of, 36);
}

TEST(Measure, EndsAtItsLimit) {
  Plan plan = wide(Planted::Fault::lost_update);
  plan.limit = 0ns;
  const auto found = measure(plan, clock_of_machine);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->front().rounds, 0);
  EXPECT_EQ(found->front().rate.of, 0);
}

TEST(Measure, RacesAsTheRunDoes) {
  Plan plan = wide(Planted::Fault::lost_update);
  plan.run.sync = scenario::Sync::threads;
  const auto found = measure(plan, clock_of_machine);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->front().found_in, 3);
}

TEST(MedianOfFirsts, CountsARoundWithoutAHitAsTheLongest) {
  struct Case {
    std::vector<int> firsts;
    int median;
  };
  const Case cases[] = {
      {{}, 0},           {{3}, 3},          {{0}, 0},       {{1, 9, 2}, 2},
      {{1, 0, 2}, 2},    {{0, 0, 2}, 0},    {{1, 4}, 4},    {{1, 0}, 0},
      {{5, 1, 0, 7}, 7}, {{0, 1, 0, 7}, 0}, {{2, 2, 2}, 2},
  };
  for (const Case& c : cases) EXPECT_EQ(median_of_firsts(c.firsts), c.median);
}

}  // namespace
