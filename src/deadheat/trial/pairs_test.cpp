#include "trial/pairs.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::milliseconds;

/// A serial run of two entries whose last steps took so long.
outcome::Outcome serial_run(milliseconds first, milliseconds second) {
  outcome::Outcome run;
  int script = 0;
  for (const milliseconds span : {first, second}) {
    outcome::Answer answer{.entry = {.script = script++}};
    answer.steps.push_back({.status = 200, .answered = span});
    run.answers.push_back(std::move(answer));
  }
  return run;
}

trial::Pairs two_scripts_alone(milliseconds first, milliseconds second) {
  trial::Pairs pairs({{.script = 0}, {.script = 1}});
  pairs.measure(serial_run(first, second));
  return pairs;
}

void play(trial::Pairs& pairs, int times, milliseconds together) {
  for (int i = 0; i < times; ++i) {
    pairs.ask();
    pairs.hear(outcome::Pair{together, true});
  }
}

TEST(Pairs, TellWhetherTheTargetWorksOnOneThingAtATime) {
  struct Case {
    const char* what;
    int as_long_as_one, as_long_as_both;
    std::optional<bool> one_at_a_time;
  };
  constexpr Case cases[] = {
      {"nothing heard yet", 0, 0, std::nullopt},
      {"one quick pair may be chance", 1, 18, std::nullopt},
      {"two are none", 2, 0, false},
      {"all as long as both", 0, 20, true},
      {"all but one", 1, 19, true},
  };
  for (const Case& c : cases) {
    trial::Pairs pairs = two_scripts_alone(milliseconds(10), milliseconds(8));
    EXPECT_FALSE(pairs.untellable()) << c.what;
    play(pairs, c.as_long_as_one, milliseconds(11));
    play(pairs, c.as_long_as_both, milliseconds(18));
    EXPECT_EQ(pairs.one_at_a_time(), c.one_at_a_time) << c.what;
    EXPECT_EQ(pairs.wanted(), !c.one_at_a_time) << c.what;
  }
}

// On a busy machine both may take long together, and turn out to be too short to tell later.
TEST(Pairs, TellNothingOnceTheyAreGivenUp) {
  trial::Pairs pairs = two_scripts_alone(milliseconds(10), milliseconds(8));
  play(pairs, 20, milliseconds(18));
  EXPECT_EQ(pairs.one_at_a_time(), true);
  pairs.measure(serial_run(milliseconds(2), milliseconds(2)));
  EXPECT_TRUE(pairs.untellable());
  pairs.give_up();
  EXPECT_EQ(pairs.one_at_a_time(), std::nullopt);
}

TEST(Pairs, AreWeighedAfreshWhenAScriptTurnsOutToBeFaster) {
  trial::Pairs pairs = two_scripts_alone(milliseconds(30), milliseconds(30));
  play(pairs, 20, milliseconds(25));  // less than one alone: side by side
  EXPECT_EQ(pairs.one_at_a_time(), false);
  pairs.measure(serial_run(milliseconds(12), milliseconds(12)));
  EXPECT_EQ(pairs.one_at_a_time(), true);
}

TEST(Pairs, AreGivenUpWhereNoSumCanBeTold) {
  struct Case {
    int first_ms, second_ms;
    bool given_up;
  };
  constexpr Case cases[] = {
      {5, 5, false}, {4, 5, true}, {5, 20, false}, {5, 21, true}, {0, 0, true},
  };
  for (const Case& c : cases) {
    trial::Pairs pairs = two_scripts_alone(milliseconds(c.first_ms), milliseconds(c.second_ms));
    EXPECT_EQ(pairs.untellable().has_value(), c.given_up) << c.first_ms << " " << c.second_ms;
  }
}

}  // namespace
