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
      {R"(.after."suffix 2".body.id)", "suffix 2 .id"},
      {".after.suffix 2 HTTP status", "suffix 2 HTTP status"},
      {".answers.take HTTP statuses", "answer of take, HTTP statuses"},
      {".answers.take.steps[0].body.ok", "answer of take, step 1 .ok"},
      {".answers.take[3].steps[1].body", "answer of take[3], step 2"},
      {".answers.take[].steps[1].body[0]", "answer of take[], step 2 [0]"},
  };
  for (const Case& c : cases) EXPECT_EQ(experiment::readable_place(c.place), c.readable) << c.place;
}

TEST(Places, OfASuffixAreMaskedByIndex) {
  EXPECT_EQ(experiment::mask_of(R"(.after."suffix 2".body.id)"), ".suffix[1].body.id");
  EXPECT_EQ(experiment::mask_of(".after.thing.body.id"), ".after.thing.body.id");
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

scenario::Scenario scenario_with_rule(decltype(scenario::Rule::holds) rule) {
  scenario::Scenario scenario;
  scenario.race.push_back({.name = "take", .times = 3, .steps = {{}}});
  scenario.race.push_back({.name = "give", .steps = {{}}});
  scenario.observe.push_back({.name = "thing"});
  scenario.rules.push_back({.name = "the-rule", .holds = std::move(rule)});
  return scenario;
}

scenario::Scenario scenario_with_rule(const std::string& jq) {
  return scenario_with_rule(scenario::Expression{jq, {}});
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

/// "" where the rule holds; else what it saw, or why it could not be computed.
std::string break_of(decltype(scenario::Rule::holds) rule, const outcome::Outcome& outcome) {
  const auto broken =
      experiment::broken_rules(outcome, scenario_with_rule(std::move(rule)), plain_paths);
  if (broken.empty()) return "";
  return broken[0].error.value_or(broken[0].values);
}

TEST(ShortRules, CountSuccesses) {
  outcome::Outcome outcome;
  for (int copy = 0; copy < 3; ++copy)
    outcome.answers.push_back(
        {.entry = {0, copy}, .steps = {{.status = 200}}, .ok = copy != 1, .refused = copy == 1});
  outcome.answers.push_back({.entry = {1, 0}, .steps = {{.status = 409}}, .refused = true});
  using scenario::Successes;
  struct Case {
    Successes rule;
    bool holds;
  };
  const Case cases[] = {
      {{{"take", "give"}, 0, 1}, false}, {{{"take"}, 0, 2}, true}, {{{"take"}, 2, 2}, true},
      {{{"take"}, 3, 1000}, false},      {{{"give"}, 0, 0}, true}, {{{"give"}, 1, 1}, false},
  };
  for (const Case& c : cases) EXPECT_EQ(break_of(c.rule, outcome).empty(), c.holds);
  EXPECT_EQ(break_of(Successes{{"give"}, 1, 1}, outcome),
            R"({".answers.give":{"ok":false,"refused":true,"stopped":false,"statuses":[409]},)"
            R"("succeeded":0})");
}

outcome::Outcome moved(const char* before, const char* after) {
  outcome::Outcome outcome;
  outcome.before.push_back({.name = "thing", .status = 200, .body = *base::parse_json(before)});
  outcome.after.push_back({.name = "thing", .status = 200, .body = *base::parse_json(after)});
  return outcome;
}

TEST(ShortRules, ASumIsConserved) {
  const scenario::Conserved sum{{{".thing.body.a", {}}, {".thing.body.b[].n", {}}}};
  struct Case {
    const char* before;
    const char* after;
    std::string broken;
  };
  const Case cases[] = {
      {R"({"a": 3, "b": [{"n": 1}, {"n": 2}]})", R"({"a": 0, "b": [{"n": 6}]})", ""},
      {R"({"a": 0.3, "b": []})", R"({"a": 0.1, "b": [{"n": 0.2}]})", ""},
      {R"({"a": "10.50", "b": []})", R"({"a": "0.25", "b": [{"n": "10.25"}]})", ""},
      {R"({"a": 9007199254740993, "b": []})", R"({"a": 9007199254740992, "b": [{"n": 1}]})", ""},
      {R"({"a": 3, "b": []})", R"({"a": 2.5, "b": [{"n": 1}]})",
       R"({".before.thing.body.a":3,".before.thing.body.b[].n":0,"sum before":3,)"
       R"(".after.thing.body.a":"2.5",".after.thing.body.b[].n":1,"sum after":"3.5"})"},
      {R"({"a": 9007199254740993, "b": []})", R"({"a": 9007199254740992, "b": []})",
       R"({".before.thing.body.a":9007199254740993,".before.thing.body.b[].n":0,)"
       R"("sum before":9007199254740993,".after.thing.body.a":9007199254740992,)"
       R"(".after.thing.body.b[].n":0,"sum after":9007199254740992})"},
      {R"({"b": []})", R"({"a": 0, "b": []})",
       ".before.thing.body.a: found null, expected a number"},
      {R"({"a": 1, "b": []})", R"({"a": "much", "b": []})",
       R"(.after.thing.body.a: found "much", expected a number)"},
      {R"({"a": 1, "b": []})", R"({"a": 1, "b": 7})",
       ".after.thing.body.b[].n: leads through what is no list or map"},
  };
  for (const Case& c : cases) EXPECT_EQ(break_of(sum, moved(c.before, c.after)), c.broken);
}

TEST(ShortRules, NoValueButNullOccursTwice) {
  const scenario::Unique seats{{{".after.thing.body[].seat", {}}}};
  const auto seen = [&](const char* body) { return break_of(seats, moved("0", body)); };
  EXPECT_EQ(seen(R"([{"seat": 1}, {"seat": "1"}, {"seat": null}, {}])"), "");
  EXPECT_EQ(seen("[]"), "");
  EXPECT_EQ(seen(R"([{"seat": "1A"}, {"seat": "1B"}, {"seat": "1A"}])"),
            R"({".after.thing.body[].seat":{"\"1A\"":2}})");
  EXPECT_EQ(seen("7"), ".after.thing.body[].seat: leads through what is no list or map");
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
