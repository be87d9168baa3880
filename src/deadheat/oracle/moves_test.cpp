#include "oracle/moves.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "oracle/oracle_testing.h"

namespace {

record::Value moved_by(double by) { return {.is = record::Value::Is::moved, .moved = by}; }

using namespace oracle_testing;
using oracle::Judgement;

/// A stock that no reset restores, and two who take from it.
class Stock : public Bench {
 public:
  explicit Stock(const std::vector<std::string>& counts = {})
      : Bench({{"a"}, {"b"}}, true, {}, counts) {}

  static Told moved(const std::string& before, const std::string& after) {
    const auto state = [](const std::string& stock) { return R"({"stock": )" + stock + "}"; };
    return {.answers = {said(200), said(200)}, .state = state(after), .before = state(before)};
  }
  void learn_runs(const std::vector<Told>& runs) {
    for (const auto& order : {std::vector{0, 1}, std::vector{1, 0}}) learn(order, runs);
  }
};

const std::vector<std::string> stock = {".after.order.body.stock"};

TEST(Counts, WhatNobodyCountsIsNotedOnly) {
  Stock bench;
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
  const Judgement as_ever = bench.judge(Stock::moved("60", "50"));
  EXPECT_EQ(word_for(as_ever), "explained");
  EXPECT_TRUE(as_ever.moved.empty());
  const Judgement odd = bench.judge(Stock::moved("60", "55"));
  EXPECT_EQ(word_for(odd), "explained");
  ASSERT_EQ(odd.moved.size(), 1u);
  EXPECT_EQ(odd.moved[0].place, stock[0]);
  EXPECT_EQ(odd.moved[0].seen, moved_by(-5));
  EXPECT_EQ(odd.moved[0].expected, moved_by(-10));
}

TEST(Counts, OneOrderThatMovesItSoIsEnough) {
  Stock bench;
  bench.learn({0, 1}, {Stock::moved("100", "90"), Stock::moved("80", "70")});
  bench.learn({1, 0}, {Stock::moved("70", "65"), Stock::moved("40", "35")});
  EXPECT_TRUE(bench.judge(Stock::moved("60", "55")).moved.empty());
  EXPECT_EQ(bench.judge(Stock::moved("60", "59")).moved.size(), 1u);
}

TEST(Counts, WhatMovesDifferentlyOrIsATimeIsNoCount) {
  Stock bench;
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "71")});
  EXPECT_TRUE(bench.judge(Stock::moved("60", "59")).moved.empty());
  Stock times;
  times.learn_runs({Stock::moved("$now", "$now"), Stock::moved("$now", "$now")});
  EXPECT_TRUE(times.judge(Stock::moved("1790000000", "$now")).moved.empty());
}

TEST(Counts, WhatTheScenarioCountsIsComparedByItsMove) {
  struct Case {
    const char *before, *after, *word;
  };
  constexpr Case cases[] = {{"60", "50", "explained"},
                            {"60", "55", "state"},
                            {"60", "60", "state"},
                            {"60.5", "50.5", "explained"},
                            {"\"60.10\"", "\"50.10\"", "explained"},
                            {"60", "null", "state"},
                            {"60", "\"sold out\"", "state"}};
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
  EXPECT_TRUE(bench.oracle->clashes().empty());
  for (const Case& c : cases) {
    const Judgement judgement = bench.judge(Stock::moved(c.before, c.after));
    EXPECT_EQ(word_for(judgement), c.word) << c.before << " to " << c.after;
    EXPECT_TRUE(judgement.moved.empty());
  }
}

TEST(Counts, AnOrderWithAStockOfItsOwnIsCountedAlike) {
  // The reset restores it: its value is a constant, and it is compared by its move all the same.
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("100", "90")});
  EXPECT_EQ(word_for(bench.judge(Stock::moved("60", "50"))), "explained");
  EXPECT_EQ(word_for(bench.judge(Stock::moved("100", "95"))), "state");
}

TEST(Counts, ThereIsNoBaselineWhereRunsMoveItDifferently) {
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "75.5")});
  const auto clashes = bench.oracle->clashes();
  ASSERT_EQ(clashes.size(), 2u);
  EXPECT_EQ(clashes[0].conflict.place, stock[0]);
  EXPECT_EQ(clashes[0].conflict.values,
            (std::vector<record::Value>{moved_by(-10), moved_by(-4.5)}));
}

TEST(Counts, TheComparisonShowsTheMoves) {
  for (const bool counted : {false, true}) {
    Stock bench(counted ? stock : std::vector<std::string>());
    bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
    const auto close = bench.oracle->closeness(bench.reading({0, 1}, Stock::moved("60", "55")),
                                               bench.order_of({0, 1}));
    const auto row = std::find_if(close.differences.begin(), close.differences.end(),
                                  [](const auto& d) { return d.place == stock[0]; });
    ASSERT_NE(row, close.differences.end());
    EXPECT_EQ(row->differs, counted);
    const record::Value beside{.is = record::Value::Is::json, .text = "55", .moved = -5};
    const record::Value any{.is = record::Value::Is::number, .moved = -10};
    EXPECT_EQ(row->seen, counted ? moved_by(-5) : beside);
    EXPECT_EQ(row->expected, counted ? moved_by(-10) : any);
  }
}

TEST(Counts, WhatIsNotTheSameAfterEveryResetIsShared) {
  for (const bool restored : {false, true}) {
    Stock bench(stock);
    for (const char* before : {"100", restored ? "100" : "90"})
      bench.oracle->learn_reset(bench.reading({0, 1}, Stock::moved(before, "80")));
    EXPECT_EQ(bench.oracle->shared_count().has_value(), !restored);
  }
}

TEST(Counts, EveryElementOfAListMayBeNamed) {
  Bench bench({{"a"}, {"b"}}, true, {}, {".after.order.body.items[].stock"});
  const auto moved = [](int first, int second, int by) {
    const auto state = [](int x, int y) {
      return fmt::format(R"({{"items": [{{"stock": {}}}, {{"stock": {}}}]}})", x, y);
    };
    return Told{.answers = {said(200), said(200)},
                .state = state(first - 1, second - by),
                .before = state(first, second)};
  };
  for (const auto& order : {std::vector{0, 1}, std::vector{1, 0}})
    bench.learn(order, {moved(10, 20, 2), moved(30, 7, 2)});
  EXPECT_EQ(word_for(bench.judge(moved(5, 6, 2))), "explained");
  EXPECT_EQ(word_for(bench.judge(moved(5, 6, 1))), "state");
}

}  // namespace
