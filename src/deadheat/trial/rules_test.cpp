#include "trial/rules.h"

#include <gtest/gtest.h>

#include "trial/scenario_testing.h"

namespace {

using Why = record::RuleError::Is;
using trial::plain_paths;
using trial::scenario_with_rule;

outcome::Outcome outcome_with(json::value body) {
  outcome::Outcome outcome;
  outcome.after.push_back({.name = "thing", .status = 200, .body = std::move(body)});
  return outcome;
}

TEST(Rules, HoldOrBreakByJqsTruth) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = [&](json::value fine) {
    return trial::broken_rules(outcome_with({{"fine", std::move(fine)}}), scenario, plain_paths)
        .size();
  };
  EXPECT_EQ(broken(true), 0u);
  EXPECT_EQ(broken(false), 1u);
  EXPECT_EQ(broken(nullptr), 1u);
}

TEST(Rules, ABrokenOneShowsWhatItLookedAt) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = trial::broken_rules(outcome_with({{"fine", false}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].name, "the-rule");
  EXPECT_NE(broken[0].values.find(R"("body":{"fine":false})"), std::string::npos)
      << broken[0].values;
  EXPECT_EQ(broken[0].error.is, Why::none);
}

TEST(Rules, ANumberIsNoAnswerToARule) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = trial::broken_rules(outcome_with({{"fine", 0}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, (record::RuleError{Why::no_boolean, "", "0"}));
}

TEST(Rules, OneThatCannotBeComputedIsBrokenAndSaysWhy) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = trial::broken_rules(outcome_with(7), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, (record::RuleError{Why::jq, "", "not an object"}));
}

/// "" where the rule holds; else what it saw, or why it could not be computed.
std::string break_of(decltype(scenario::Rule::holds) rule, const outcome::Outcome& outcome) {
  const auto broken =
      trial::broken_rules(outcome, scenario_with_rule(std::move(rule)), plain_paths);
  if (broken.empty()) return "";
  const record::RuleError& error = broken[0].error;
  switch (error.is) {
    case Why::no_number:
      return error.path + " no number: " + error.text;
    case Why::no_way:
      return error.path + " no way";
    default:
      return broken[0].values;
  }
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
      {R"({"b": []})", R"({"a": 0, "b": []})", ".before.thing.body.a no number: null"},
      {R"({"a": 1, "b": []})", R"({"a": "much", "b": []})",
       R"(.after.thing.body.a no number: "much")"},
      {R"({"a": 1, "b": []})", R"({"a": 1, "b": 7})", ".after.thing.body.b[].n no way"},
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
  EXPECT_EQ(seen("7"), ".after.thing.body[].seat no way");
}

}  // namespace
