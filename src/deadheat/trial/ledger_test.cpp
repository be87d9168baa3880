#include "trial/ledger.h"

#include <gtest/gtest.h>

namespace {

using trial::Attempt;
using trial::Ledger;
using Is = oracle::Judgement::Is;

Attempt attempt(Is is, bool looked_again, oracle::Layer layer = oracle::Layer::state) {
  Attempt made;
  made.judgement.is = is;
  made.judgement.layer = layer;
  made.looked_again = looked_again;
  return made;
}

TEST(Ledger, OnlyWhatWasLookedAtAgainIsAHit) {
  Ledger ledger;
  ledger.attempts = {
      attempt(Is::explained, false),                          // judged
      attempt(Is::contradicts, false),                        // perhaps only a late read
      attempt(Is::contradicts, true),                         // judged, a hit
      attempt(Is::contradicts, true, oracle::Layer::bodies),  // likewise
      attempt(Is::contradicts, true, oracle::Layer::detail),  // judged: a note
      attempt(Is::unjudged, true),
      attempt(Is::needs_runs, true),
  };
  EXPECT_EQ(ledger.hits(), 2);
  EXPECT_EQ(ledger.judged(), 4);
}

TEST(Ledger, WhatTheScenarioPermitsIsNoHit) {
  Ledger ledger;
  ledger.attempts = {attempt(Is::contradicts, true)};
  ledger.attempts[0].permit = "known, and harmless";
  EXPECT_EQ(ledger.hits(), 0);
}

TEST(Ledger, ABrokenRuleIsAHitEvenWhereAnOrderExplainsTheRest) {
  Ledger ledger;
  ledger.attempts = {attempt(Is::explained, true)};
  ledger.attempts[0].broken.push_back({"the-rule", {}, "{}", {}});
  EXPECT_EQ(ledger.hits(), 1);
}

TEST(Ledger, AnErrorUnderContentionNeedsTwoAttemptsBetweenAnsweredControls) {
  struct Case {
    std::vector<int> attempts;
    int before, after;
    bool found;
  };
  const Case cases[] = {
      {{3, 9}, 2, 1, true},
      {{3}, 2, 1, false},     // once may be chance
      {{3, 9}, 0, 1, false},  // perhaps it never was well
      {{3, 9}, 2, 0, false},  // perhaps it is gone for good
  };
  for (const Case& c : cases) {
    Ledger ledger;
    ledger.errors[{0, 500}] = {0, 500, c.attempts, c.before, c.after};
    EXPECT_EQ(ledger.contention_error() != nullptr, c.found);
  }
}

TEST(Ledger, AMissingAnswerTakesAsManySerialRunsAsAHit) {
  struct Case {
    int times, attempts, serial_runs, after;
    bool found, lacks_controls;
  };
  constexpr Case cases[] = {
      {2, 2, 20, 1, true, false},                                 // each time
      {2, 2, 19, 1, false, true},    {2, 2, 20, 0, false, true},  // perhaps it is gone for good
      {2, 60, 500, 1, false, false},  // now and then: no number of controls is enough
      {4, 60, 200, 1, false, false}, {5, 60, 179, 1, false, true}, {5, 60, 180, 1, true, false},
  };
  for (const Case& c : cases) {
    Ledger ledger;
    ledger.attempts.resize(static_cast<std::size_t>(c.attempts));
    ledger.serial_runs = c.serial_runs;
    const Ledger::ContentionError error{0, 0, std::vector<int>(static_cast<std::size_t>(c.times)),
                                        2, c.after};
    ledger.errors[{0, 0}] = error;
    EXPECT_EQ(ledger.contention_error() != nullptr, c.found) << c.times << " of " << c.attempts;
    EXPECT_EQ(ledger.lacks_controls(error), c.lacks_controls) << c.times << " of " << c.attempts;
  }
}

}  // namespace
