#include <gtest/gtest.h>

#include <algorithm>

#include "race/player.h"
#include "race/stage_testing.h"

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using client::put;
using client::read;
using client::request;
using client::TestServer;
using client::things;
using outcome::Answer;
using outcome::Outcome;
using race::expect_whole;
using race::only_in_pairs;
using race::script;
using race::Stage;
using race::together;
using race::two_checked_puts;
using race::two_puts;
using schedule::Hold;
using schedule::Schedule;
using schedule::Sync;
using Seen = TestServer::Seen;

TEST(Attempt, NoHandlerBeginsBeforeTheReleaseOfAHeldHead) {
  Stage stage(two_puts());
  for (int i = 0; i < 5; ++i) {
    const std::size_t before = stage.server.seen("PUT").size();
    const Outcome outcome = stage.player.attempt(together(2), {});
    expect_whole(outcome);
    const auto puts = stage.server.seen("PUT");
    ASSERT_EQ(puts.size(), before + 2);
    EXPECT_GE(puts[before].head_at, outcome.gate_opened);
    EXPECT_GE(puts[before + 1].head_at, outcome.gate_opened);
    for (const Answer& answer : outcome.answers) {
      EXPECT_LT(answer.steps[0].sent, outcome.gate_opened);
      EXPECT_GE(answer.steps[0].released, outcome.gate_opened);
      EXPECT_TRUE(answer.steps[0].held_in_head);
      EXPECT_EQ(answer.begins(), answer.steps[0].released);
    }
    EXPECT_GT(release_spread(outcome), 0ns);
  }
  EXPECT_EQ(stage.server.connections(), 2) << "connections are kept warm between attempts";
}

TEST(Attempt, TheServerHasTheHeadWhileTheBodyIsHeld) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::body), {});
  expect_whole(outcome);
  for (const Seen& seen : stage.server.seen("PUT")) EXPECT_GE(seen.body_at, outcome.gate_opened);
  for (const Answer& answer : outcome.answers) {
    EXPECT_FALSE(answer.steps[0].held_in_head);
    EXPECT_EQ(answer.begins(), answer.steps[0].sent);
    EXPECT_GE(answer.steps[0].released, outcome.gate_opened);
  }
}

TEST(Attempt, ARequestWithoutABodyIsHeldAtItsHeaders) {
  Stage stage({script("a", {read()}), script("b", {read()})});
  const Outcome outcome = stage.player.attempt(together(2, Hold::body), {});
  expect_whole(outcome);
  for (const Answer& answer : outcome.answers) EXPECT_TRUE(answer.steps[0].held_in_head);
}

TEST(Attempt, WithTheGateBeforeTheWritesBothHaveRead) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 1), {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_TRUE(overlapped(outcome) || outcome.answers[0].ends() <= outcome.answers[1].begins());
  for (const Answer& answer : outcome.answers) {
    EXPECT_LT(answer.steps.at(0).answered, outcome.gate_opened);
    EXPECT_EQ(answer.steps.at(0).released, answer.steps.at(0).sent);
    EXPECT_GE(answer.steps.at(1).released, outcome.gate_opened);
  }
  for (const Seen& seen : stage.server.seen("PUT")) EXPECT_GE(seen.head_at, outcome.gate_opened);
}

TEST(Attempt, WithTheGateBeforeTheReadsNobodyHasRead) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 0), {});
  expect_whole(outcome);
  std::size_t held = 0;
  for (const Seen& seen : stage.server.seen("GET"))
    held += seen.head_at >= outcome.gate_opened ? 1 : 0;
  EXPECT_EQ(held, 3u) << "two reads of the scripts and the last observation";
}

TEST(Attempt, AScriptWithFewerStepsWaitsBeforeItsLast) {
  Stage stage({script("a", {read(), read(), put("A")}), script("b", {put("B")})});
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 2), {});
  expect_whole(outcome);
  EXPECT_GE(outcome.answers[1].steps.at(0).released, outcome.gate_opened);
  EXPECT_GE(outcome.answers[0].steps.at(2).released, outcome.gate_opened);
  EXPECT_LT(outcome.answers[0].steps.at(1).answered, outcome.gate_opened);
}

TEST(Attempt, AScriptThatStopsDoesNotBlockTheGate) {
  scenario::Request never = read();
  never.stop_unless = scenario::Expression{R"(.body.value == "something else")", {}};
  Stage stage({script("a", {never, put("A")}), script("b", {put("B")})});
  for (const Sync sync : {Sync::held, Sync::threads}) {
    Schedule schedule = together(2, Hold::headers, 1);
    schedule.sync = sync;
    const Outcome outcome = stage.player.attempt(schedule, {});
    expect_whole(outcome);
    EXPECT_EQ(outcome.answers[0].stopped_before, 1);
    EXPECT_TRUE(outcome.answers[1].ok);
    EXPECT_FALSE(overlapped(outcome));
  }
}

TEST(Attempt, NothingIsHeldWhileOthersAreOnTheirWay) {
  // With one worker, the half request of b would keep a from ever coming to the gate.
  Stage stage({script("a", {read(), read(), put("A")}), script("b", {put("B")})}, things(false),
              TestServer::Workers::one);
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 2), {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_GE(outcome.answers[1].steps[0].sent, outcome.answers[0].steps[1].answered);
}

TEST(Attempt, KeepsToItsOffsets) {
  Stage stage(two_puts());
  Schedule schedule = together(2);
  for (const auto& [a, b] : {std::pair{0ns, 20'000'000ns}, std::pair{300'000ns, 0ns}}) {
    schedule.offsets = {a, b};
    // A machine that is busy with something else may be late for the sooner one, and then again.
    bool apart = false;
    for (int tries = 0; !apart && tries < 100; ++tries) {
      const Outcome outcome = stage.player.attempt(schedule, {});
      expect_whole(outcome);
      for (const std::size_t i : {0u, 1u})
        EXPECT_GE(outcome.answers[i].steps[0].released - outcome.gate_opened, schedule.offsets[i]);
      apart = release_spread(outcome) >= std::max(a, b) - std::min(a, b) - 1ms;
    }
    EXPECT_TRUE(apart);
  }
}

TEST(Attempt, WhatWasAnsweredBeforeTheNextReleaseDidNotOverlap) {
  Stage stage(two_puts());
  Schedule schedule = together(2);
  schedule.offsets = {0ns, 200ms};
  const Outcome outcome = stage.player.attempt(schedule, {});
  expect_whole(outcome);
  EXPECT_FALSE(overlapped(outcome));
  EXPECT_LT(outcome.answers[0].ends(), outcome.answers[1].begins());
}

TEST(Attempt, ReleasesInTheGivenSequence) {
  Stage stage({{.name = "a", .times = 5, .steps = {put("A")}}});
  Schedule schedule = together(5);
  schedule.sequence = {3, 0, 4, 1, 2};
  const Outcome outcome = stage.player.attempt(schedule, {});
  expect_whole(outcome);
  Nanoseconds last{0};
  for (const int entry : schedule.sequence) {
    const Nanoseconds released =
        outcome.answers.at(static_cast<std::size_t>(entry)).steps[0].released;
    EXPECT_GE(released, last);
    last = released;
  }
}

TEST(Attempt, ByThreadsSendsNothingBeforeTheBarrier) {
  Stage stage(two_checked_puts());
  Schedule schedule = together(2, Hold::headers, 1);
  schedule.sync = Sync::threads;
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = stage.player.attempt(schedule, {});
    expect_whole(outcome);
    EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
    for (const Answer& answer : outcome.answers) {
      EXPECT_LT(answer.steps.at(0).answered, outcome.gate_opened);
      EXPECT_GE(answer.steps.at(1).sent, outcome.gate_opened);
      EXPECT_EQ(answer.steps.at(1).sent, answer.steps.at(1).released);
    }
  }
}

TEST(Attempt, BothAreInFlightAtOnce) {
  Stage stage(two_puts(), only_in_pairs(things()));
  for (const Hold hold : {Hold::headers, Hold::body}) {
    const Outcome outcome = stage.player.attempt(together(2, hold), {});
    expect_whole(outcome);
    EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
    EXPECT_TRUE(overlapped(outcome));
  }
}

TEST(Attempt, SpreadsEntriesOverTargets) {
  TestServer other(things());
  Stage stage(two_puts());
  stage.scenario.targets.push_back(other.url());
  const Outcome outcome = stage.player.attempt(together(2), {});
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(stage.server.seen("PUT").size(), 1u);
  EXPECT_EQ(other.seen("PUT").size(), 1u);
  EXPECT_EQ(other.seen("POST").size(), 0u) << "resets go to the first target";
  EXPECT_EQ(http::find(other.seen("PUT")[0].request.fields, "Host"), other.url().substr(7));
}

}  // namespace
