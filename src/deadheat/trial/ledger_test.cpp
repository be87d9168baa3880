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

}  // namespace
