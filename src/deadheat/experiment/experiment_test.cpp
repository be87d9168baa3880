#include <gtest/gtest.h>

#include "experiment/finding.h"
#include "experiment/ledger.h"
#include "experiment/rules.h"

namespace {

using experiment::Attempt;
using experiment::Ledger;
using Is = oracle::Judgement::Is;

TEST(Places, ReadAsPeopleSpeak) {
  struct Case {
    const char* place;
    const char* readable;
  };
  constexpr Case cases[] = {
      {".after.thing.body.state", "state thing .state"},
      {".after.thing.body.items[3].at", "state thing .items[3].at"},
      {".after.things.body[0].id", "state things [0].id"},
      {".after.thing.body", "state thing"},
      {".after.thing HTTP status", "state thing HTTP status"},
      {".after.thing.headers.etag", "state thing .headers.etag"},
      {".after.pay", "sink pay"},
      {".after.pay[0].body.amount", "sink pay [0].body.amount"},
      {".after.pay[].path", "sink pay [].path"},
      {".answers.take HTTP statuses", "answer of take, HTTP statuses"},
      {".answers.take.steps[0].body.ok", "answer of take, step 1 .ok"},
      {".answers.take[3].steps[1].body", "answer of take[3], step 2"},
      {".answers.take[].steps[1].body[0]", "answer of take[], step 2 [0]"},
  };
  for (const Case& c : cases) EXPECT_EQ(experiment::readable_place(c.place), c.readable) << c.place;
}

TEST(Places, ATextIsNeverCutInsideACharacter) {
  EXPECT_EQ(experiment::cut("short", 5), "short");
  EXPECT_EQ(experiment::cut("longer", 5), "longe…");
  EXPECT_EQ(experiment::cut("떡볶이", 4), "떡…");  // three bytes each
}

/// Plain paths only; anything else does not compile.
base::Result<json::value, expression::Failure> plain_paths(const std::string& jq,
                                                           const json::value& input) {
  const auto path = expression::parse_path(jq);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{expression::Failure::Kind::runtime, "not an object"});
  return *found;
}

scenario::Scenario scenario_with_rule(const std::string& jq) {
  scenario::Scenario scenario;
  scenario.race.push_back({.name = "take", .times = 2, .steps = {{}}});
  scenario.observe.push_back({.name = "thing"});
  scenario.rules.push_back({.name = "the-rule", .holds = {.jq = jq}});
  return scenario;
}

outcome::Outcome outcome_with(json::value body) {
  outcome::Outcome outcome;
  outcome.after.push_back({.name = "thing", .status = 200, .body = std::move(body)});
  return outcome;
}

TEST(Rules, HoldOrBreakByJqsTruth) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = [&](json::value fine) {
    return experiment::broken_rules(outcome_with({{"fine", std::move(fine)}}), scenario,
                                    plain_paths)
        .size();
  };
  EXPECT_EQ(broken(true), 0u);
  EXPECT_EQ(broken(false), 1u);
  EXPECT_EQ(broken(nullptr), 1u);
}

TEST(Rules, ABrokenOneShowsWhatItLookedAt) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken =
      experiment::broken_rules(outcome_with({{"fine", false}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].name, "the-rule");
  EXPECT_NE(broken[0].values.find(R"("body":{"fine":false})"), std::string::npos)
      << broken[0].values;
  EXPECT_FALSE(broken[0].error);
}

TEST(Rules, ANumberIsNoAnswerToARule) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = experiment::broken_rules(outcome_with({{"fine", 0}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, "gave 0, where a rule gives true or false");
}

TEST(Rules, OneThatCannotBeComputedIsBrokenAndSaysWhy) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = experiment::broken_rules(outcome_with(7), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, "not an object");
}

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
  ledger.attempts[0].broken.push_back({"the-rule", {}, "{}", std::nullopt});
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
