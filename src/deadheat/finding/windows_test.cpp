#include "finding/windows.h"

#include <gtest/gtest.h>

#include "finding/schedules.h"

namespace {

using std::chrono::milliseconds;
using trial::Attempt;
using Is = oracle::Judgement::Is;

constexpr milliseconds none(0);

Attempt released(milliseconds first, milliseconds second, bool hit) {
  Attempt made;
  made.judgement.is = hit ? Is::contradicts : Is::explained;
  made.looked_again = true;
  made.schedule.offsets = {first, second};
  return made;
}

scenario::Scenario two() {
  scenario::Scenario scenario;
  scenario.race = {{.name = "a", .steps = {{}}}, {.name = "b", .steps = {{}}}};
  return scenario;
}

std::vector<std::int64_t> offsets(milliseconds first, milliseconds second) {
  return {base::Nanoseconds(first).count(), base::Nanoseconds(second).count()};
}

TEST(Windows, NameTheLagsThatHitAndTheirRates) {
  std::vector<Attempt> attempts = {
      released(none, none, true),
      released(none, none, false),
      released(none, none, false),
      released(none, milliseconds(3), false),  // too soon
      released(none, milliseconds(5), true),
      released(none, milliseconds(6), false),
      released(none, milliseconds(6), true),
      released(none, milliseconds(7), true),
      released(none, milliseconds(9), false),  // too late
      released(milliseconds(5), none, false),  // the other way round
  };
  Attempt hasty = released(none, milliseconds(20), true);
  hasty.looked_again = false;  // perhaps only a late read
  attempts.push_back(hasty);

  const auto windows = finding::windows(attempts);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].least.offsets_ns, offsets(none, milliseconds(5)));
  EXPECT_EQ(windows[0].most.offsets_ns, offsets(none, milliseconds(7)));
  EXPECT_EQ(windows[0].rate.hits, 3);
  EXPECT_EQ(windows[0].rate.of, 4);
  EXPECT_EQ(windows[1].least.offsets_ns, offsets(none, none));
  EXPECT_EQ(windows[1].most.offsets_ns, offsets(none, none));
  EXPECT_EQ(windows[1].rate.hits, 1);
  EXPECT_EQ(windows[1].rate.of, 3);
}

TEST(Windows, OfMannersThatDifferAreApart) {
  Attempt body = released(none, none, true), threads = body, later = body;
  body.schedule.hold = schedule::Hold::body;
  threads.schedule.sync = schedule::Sync::threads;
  later.schedule.gate = 1;
  const std::vector<Attempt> attempts = {released(none, none, true), body, threads, later};
  const auto windows = finding::windows(attempts);
  ASSERT_EQ(windows.size(), 4u);
  for (const auto& window : windows) EXPECT_EQ(window.rate.of, 1);
}

TEST(Windows, NameTheLagBetweenTwo) {
  std::vector<Attempt> attempts = {
      released(none, none, false),
      released(none, milliseconds(5), true),
      released(none, milliseconds(6), false),
      released(none, milliseconds(7), true),
      released(none, milliseconds(9), false),
      released(milliseconds(6), none, false),
  };
  Attempt earlier_gate = released(none, milliseconds(1), true);
  earlier_gate.schedule.gate = 1;
  attempts.push_back(earlier_gate);

  const record::Window window = finding::window(attempts, two());
  EXPECT_TRUE(window.known);
  EXPECT_EQ(window.before_step, 1);
  EXPECT_EQ(window.low_ms, 5);
  EXPECT_EQ(window.high_ms, 7);
  EXPECT_EQ(std::pair(window.inside.hits, window.inside.of), std::pair(2, 3));
  EXPECT_EQ(std::pair(window.outside.hits, window.outside.of), std::pair(0, 3));

  // After the proof the first look will do.
  Attempt later = released(none, milliseconds(8), true);
  later.after_proof = true;
  later.looked_again = false;
  EXPECT_FALSE(later.rated() || later.hit());
  attempts.push_back(later);
  EXPECT_EQ(finding::window(attempts, two()).high_ms, 8);
}

TEST(Windows, AreNotKnownWhereNothingHitsOrMoreTakePart) {
  const std::vector<Attempt> hit = {released(none, milliseconds(5), true)};
  EXPECT_TRUE(finding::window(hit, two()).known);
  EXPECT_FALSE(finding::window({released(none, none, false)}, two()).known);
  EXPECT_FALSE(finding::window({}, two()).known);
  scenario::Scenario three = two();
  three.race[0].times = 2;
  EXPECT_FALSE(finding::window(hit, three).known);
}

// The file has the members of a journal, and a replay reads them.
TEST(Schedules, AreWrittenAsTheyAreRead) {
  for (const auto sync : {schedule::Sync::held, schedule::Sync::threads})
    for (const auto hold : {schedule::Hold::headers, schedule::Hold::body})
      for (const auto connections : {schedule::Connections::own, schedule::Connections::shared}) {
        const schedule::Schedule schedule{.sync = sync,
                                          .hold = hold,
                                          .connections = connections,
                                          .gate = 2,
                                          .offsets = {none, milliseconds(3)},
                                          .sequence = {1, 0}};
        EXPECT_EQ(record::to_json(finding::schedule_of(schedule)), schedule::to_json(schedule));
      }
}

}  // namespace
