#include "trial/traffic.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using trial::Purpose;
using trial::Traffic;
using Is = Purpose::Is;

struct Target {
  milliseconds run;     // a whole serial run
  microseconds script;  // the slowest of them
  bool keeps_alive = true;
};
constexpr Target slow{milliseconds(200), milliseconds(90)};
constexpr Target fast{milliseconds(20), milliseconds(5)};
constexpr Target quick{milliseconds(3), microseconds(400)};
constexpr Target quick_and_closing{milliseconds(3), microseconds(400), false};

Traffic traffic_of(const Target& target, int lanes) {
  Traffic traffic(lanes);
  traffic.measure_run(target.run);
  traffic.measure_scripts(target.script);
  traffic.learn_keep_alive(target.keeps_alive);
  return traffic;
}

/// How many of a kind start, one after another, until there is no room.
int fill(Traffic& traffic, Is is) {
  int started = 0;
  while (traffic.may_start(false) && (is != Is::attempt || traffic.may_race())) {
    (void)traffic.begin({.is = is});
    ++started;
  }
  return started;
}

TEST(Traffic, AsMuchGoesOnAsTheTargetCanBear) {
  struct Case {
    const char* what;
    Target target;
    int lanes;
    int serial_runs, attempts;  // that go on by themselves
  };
  constexpr Case cases[] = {
      {"a slow target bears every lane", slow, 20, 20, 20},
      {"a fast one four serial runs, or two attempts", fast, 20, 4, 2},
      {"at a quick one attempts mostly wait at their gates", quick, 20, 4, 16},
      {"one that closes connections may have few processes", quick_and_closing, 20, 4, 2},
      {"never more than there are lanes", quick, 3, 3, 3},
      {"one lane", slow, 1, 1, 1},
  };
  for (const Case& c : cases) {
    Traffic of_serial_runs = traffic_of(c.target, c.lanes);
    EXPECT_EQ(fill(of_serial_runs, Is::serial), c.serial_runs) << c.what;
    Traffic of_attempts = traffic_of(c.target, c.lanes);
    EXPECT_EQ(fill(of_attempts, Is::attempt), c.attempts) << c.what;
  }
}

TEST(Traffic, BesideAttemptsTwoSerialRunsHaveRoom) {
  Traffic traffic = traffic_of(quick, 20);
  EXPECT_EQ(fill(traffic, Is::attempt), 16);
  EXPECT_EQ(fill(traffic, Is::serial), 2);
}

TEST(Traffic, WhatMostlyWaitsTakesALaneAndNoProcessor) {
  Traffic traffic = traffic_of(fast, 8);
  EXPECT_EQ(fill(traffic, Is::serial), 4);
  EXPECT_FALSE(traffic.may_start(false));
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(traffic.may_start(true));
    (void)traffic.begin({.is = Is::serial, .paused = true});
  }
  EXPECT_FALSE(traffic.may_start(true)) << "every lane is taken";
}

TEST(Traffic, InOneLaneThereIsOneJob) {
  Traffic traffic = traffic_of(slow, 20);
  EXPECT_FALSE(traffic.alone());
  traffic.keep_to_one_lane();
  EXPECT_TRUE(traffic.alone());
  const int id = traffic.begin({.is = Is::look});
  EXPECT_FALSE(traffic.may_start(true));
  (void)traffic.end(id);
  EXPECT_TRUE(traffic.may_start(false));
}

TEST(Traffic, TheLongestRunAndTheShortestScriptsCount) {
  Traffic traffic = traffic_of(fast, 20);
  traffic.measure_run(milliseconds(250));
  traffic.measure_run(milliseconds(10));
  EXPECT_TRUE(traffic.slow_target());
  Traffic other = traffic_of(quick, 20);
  other.measure_scripts(milliseconds(40));
  EXPECT_EQ(fill(other, Is::attempt), 16);
}

TEST(Traffic, AJobComesBackWithWhatItWasFor) {
  Traffic traffic(2);
  const int first = traffic.begin({.is = Is::serial, .use = trial::Use::control});
  const int second = traffic.begin({.is = Is::attempt});
  EXPECT_NE(first, second);
  EXPECT_EQ(traffic.flying(trial::Use::control), 1);
  EXPECT_EQ(traffic.flying(trial::Use::learning), 0);
  EXPECT_EQ(traffic.end(first).use, trial::Use::control);
  EXPECT_EQ(traffic.flying(Is::serial), 0);
  EXPECT_EQ(traffic.end(second).is, Is::attempt);
  EXPECT_TRUE(traffic.empty());
}

}  // namespace
