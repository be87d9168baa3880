// Calls to sinks, as the oracle sees them.

#include <gtest/gtest.h>

#include "oracle/mask.h"
#include "oracle/oracle.h"

namespace {

using Is = oracle::Judgement::Is;

json::value call(int amount, const std::string& key) {
  return {{"method", "POST"},
          {"path", "/charges"},
          {"query", ""},
          {"headers", json::object()},
          {"body", {{"amount", amount}, {"key", key}}}};
}

/// Two scripts, one order learnt for each way round; both end with a charge of 5 and one of 7.
class Calls : public testing::Test {
 protected:
  Calls() {
    scenario_.race = {{.name = "a"}, {.name = "b"}};
    scenario_.sinks = {{.name = "pay"}};
    oracle_ = std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, 7);
    for (const std::vector<int>& order : {std::vector<int>{0, 1}, {1, 0}})
      for (const char* run : {"r", "s"})
        oracle_->learn({order}, read(order, {call(5, run + std::to_string(order[0])),
                                             call(7, run + std::to_string(order[1] + 7))}));
  }

  oracle::Reading read(const std::vector<int>& who, json::array calls) {
    outcome::Outcome outcome;
    for (const int script : who) {
      outcome::Answer answer{.entry = {script, 0}, .steps = {{.status = 200, .body = true}}};
      answer.steps[0].answered = base::Nanoseconds(100);
      outcome::classify(answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(answer));
    }
    outcome.after = {{.name = "pay", .body = std::move(calls), .of_sink = true}};
    oracle::apply_mask(outcome, scenario_);
    return oracle::read(outcome, scenario_);
  }

  scenario::Scenario scenario_;
  std::unique_ptr<oracle::Oracle> oracle_;
};

TEST_F(Calls, HaveNoOrderThoughEverySerialRunHadOne) {
  EXPECT_EQ(oracle_->judge(read({0, 1}, {call(5, "x"), call(7, "y")})).is, Is::explained);
  EXPECT_EQ(oracle_->judge(read({0, 1}, {call(7, "x"), call(5, "y")})).is, Is::explained);
}

TEST_F(Calls, OneTooManyOrTooFewOrAnotherIsNoOrders) {
  const json::array calls[] = {
      {call(5, "x"), call(7, "y"), call(5, "z")},
      {call(5, "x")},
      {},
      {call(5, "x"), call(5, "y")},
  };
  for (const json::array& each : calls) {
    const auto judgement = oracle_->judge(read({0, 1}, each));
    EXPECT_EQ(judgement.is, Is::contradicts) << each;
    EXPECT_EQ(judgement.layer, oracle::Layer::state) << each;
  }
}

TEST_F(Calls, ThatDifferAreShown) {
  const auto differences = [&](json::array calls) {
    auto all = oracle_->closeness(read({0, 1}, std::move(calls)), {{0, 1}, {}}).differences;
    std::erase_if(all, [](const oracle::Difference& d) { return !d.differs; });
    return all;
  };
  using record::Value;
  const auto odd = differences({call(7, "x"), call(6, "y")});
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_EQ(odd[0].place, ".after.pay[1].body.amount");
  EXPECT_EQ(odd[0].seen, (Value{.is = Value::Is::json, .text = "6"}));
  EXPECT_EQ(odd[0].expected, (Value{.is = Value::Is::json, .text = "5"}));
  const auto more = differences({call(7, "x"), call(5, "y"), call(5, "z")});
  ASSERT_EQ(more.size(), 2U);
  EXPECT_EQ(more[0].place, ".after.pay");
  EXPECT_EQ(more[0].seen, (Value{.is = Value::Is::elements, .count = 3}));
  EXPECT_EQ(more[0].expected, (Value{.is = Value::Is::bag, .count = 2}));
  EXPECT_EQ(more[1].place, ".after.pay[2]");
  EXPECT_TRUE(more[1].seen.text.starts_with("{")) << more[1].seen.text;
  EXPECT_EQ(more[1].expected, Value{.is = Value::Is::absent});
}

TEST_F(Calls, MaskedPartsDoNotCount) {
  scenario_.mask = {{".after.pay[].body.amount", {}}};
  oracle_ = std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, 7);
  for (const std::vector<int>& order : {std::vector<int>{0, 1}, {1, 0}})
    for (const char* run : {"r", "s"}) oracle_->learn({order}, read(order, {call(5, run)}));
  EXPECT_EQ(oracle_->judge(read({0, 1}, {call(9, "x")})).is, Is::explained);
}

}  // namespace
