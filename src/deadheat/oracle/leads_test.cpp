#include "oracle/leads.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "oracle/oracle_testing.h"

namespace {

using namespace oracle_testing;
using base::Nanoseconds;
using oracle::Judgement;
using Is = oracle::Judgement::Is;

/// A coupon for five and twenty who want it. `named`: users and ids in every answer, and a list of
/// redemptions.
class CouponForFive {
 public:
  explicit CouponForFive(bool named) : bench({{"redeem", 20}}), named_(named) {
    answer_needs(std::vector<oracle::Wanted>{{bench.oracle->orders()[0], bench.everyone()}});
  }

  Told told(const std::vector<int>& who, int winners) {
    Told told;
    std::vector<std::string> list;
    for (std::size_t i = 0; i < who.size(); ++i) {
      const bool wins = static_cast<int>(i) < winners;
      const std::string user = user_of(who[i]), id = std::to_string(++ids_);
      const std::string mine = fmt::format(R"("user": "{}", "id": {})", user, id);
      told.answers.push_back(said(
          wins ? 200 : 409, fmt::format(R"({{{}"ok": {}}})", named_ ? mine + ", " : "", wins)));
      if (wins) list.push_back("{" + mine + "}");
    }
    if (!named_) list = {std::to_string(winners)};
    random_.shuffle(list);
    told.state.clear();
    for (const std::string& element : list)
      told.state += (told.state.empty() ? "[" : ", ") + element;
    told.state += "]";
    return told;
  }
  /// Serial runs: the first five win.
  void answer_needs(const std::vector<oracle::Wanted>& wanted) {
    for (const oracle::Wanted& each : wanted)
      while (!bench.oracle->knows(each.order)) {
        const auto who = oracle::cast(each.order, each.members, bench.entries,
                                      bench.oracle->runs_of(each.order));
        bench.oracle->learn(each.order, bench.reading(who, told(who, 5)));
        ++runs;
      }
  }
  Judgement judge(const Told& attempt) {
    const auto reading = bench.reading(bench.everyone(), attempt);
    Judgement judgement = bench.oracle->judge(reading);
    for (; judgement.is == Is::needs_runs; judgement = bench.oracle->judge(reading)) {
      ++rounds;
      answer_needs(judgement.wanted);
    }
    return judgement;
  }

  Bench bench;
  int rounds = 0, runs = 0;

 private:
  bool named_;
  int ids_ = 1000;
  base::Random random_{7};
};

TEST(ManyScripts, TwentyInterchangeableOnesHaveOneOrder) {
  for (const bool named : {false, true}) {
    CouponForFive coupon(named);
    ASSERT_EQ(coupon.bench.oracle->orders().size(), 1u);
    EXPECT_EQ(word_for(coupon.judge(coupon.told(coupon.bench.everyone(), 5))), "explained")
        << named;
    EXPECT_EQ(coupon.runs, 2);
    EXPECT_EQ(word_for(coupon.judge(coupon.told(coupon.bench.everyone(), 6))), "state") << named;
    // Of fourteen who were refused it only matters how many are taken out.
    EXPECT_EQ(coupon.rounds, 14) << named;
    EXPECT_EQ(coupon.runs, 2 + 2 * 14) << named;
  }
}

TEST(ManyScripts, FewerWinnersAreNoRaceIfTheRefusedGotOutOfTheWay) {
  // Three won and seventeen were turned away: a serial order of three of them has just these
  // winners.
  CouponForFive coupon(true);
  const auto judgement = coupon.judge(coupon.told(coupon.bench.everyone(), 3));
  EXPECT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out.size(), 17u);
}

TEST(ManyScripts, AWinnerWhoIsNotInTheListIsFound) {
  CouponForFive coupon(true);
  Told attempt = coupon.told(coupon.bench.everyone(), 5);
  EXPECT_EQ(word_for(coupon.judge(attempt)), "explained");
  const std::size_t at = attempt.state.find("kim");
  ASSERT_NE(at, std::string::npos);
  attempt.state.replace(at, 3, "lee");  // lee stands there twice, kim not at all
  EXPECT_EQ(word_for(coupon.judge(attempt)), "state");
}

TEST(ManyScripts, IdsOfTwentyInAListOfAnyOrderAreFound) {
  base::Random random(7);
  int ids = 1000;
  /// Each makes a row and is told its id. Somebody may be told another's, and another row may stand
  /// in the list twice.
  const auto run = [&](bool told_twice = false, bool listed_twice = false) {
    Told told{{}, ""};
    std::vector<int> rows;
    for (int entry = 0; entry < 20; ++entry) {
      rows.push_back(++ids);
      const int id = told_twice && entry == 7 ? rows[3] : rows.back();
      told.answers.push_back(said(201, R"({"id": )" + std::to_string(id) + "}"));
    }
    if (listed_twice) rows[7] = rows[3];
    random.shuffle(rows);
    for (const int row : rows)
      told.state +=
          (told.state.empty() ? R"([{"id": )" : R"(, {"id": )") + std::to_string(row) + "}";
    told.state += "]";
    return told;
  };
  Bench bench({{"make", 20}});
  const oracle::Order order = bench.oracle->orders()[0];
  for (const std::size_t turn : {0u, 1u})
    bench.learn(oracle::cast(order, bench.everyone(), bench.entries, turn),
                std::vector<Told>{run()});
  EXPECT_EQ(word_for(bench.judge(run())), "explained");
  EXPECT_EQ(word_for(bench.judge(run(true))), "bodies");
  EXPECT_EQ(word_for(bench.judge(run(false, true))), "state");
}

TEST(ManyScripts, EightDistinctOnesAreSampled) {
  std::vector<Bench::Script> scripts;
  for (int i = 0; i < 8; ++i) scripts.push_back({"s" + std::to_string(i)});
  const Bench bench(scripts);
  EXPECT_TRUE(bench.oracle->sampled());
  EXPECT_EQ(bench.oracle->orders().size(), 120u);
  const Bench five({{"a"}, {"b"}, {"c"}, {"d"}, {"e"}});
  EXPECT_FALSE(five.oracle->sampled());
  EXPECT_EQ(five.oracle->orders().size(), 120u);
}

/// Four scripts, of which twelve orders of twenty-four are drawn. The state tells who came when, or
/// only how many came.
class FourOfWhichTwelveAreDrawn {
 public:
  explicit FourOfWhichTwelveAreDrawn(bool state_tells, std::size_t targeted)
      : bench({{"a"}, {"b"}, {"c"}, {"d"}}, true, {.orders = 12, .targeted = targeted}),
        state_tells_(state_tells) {
    for (const oracle::Order& order : bench.oracle->orders()) learn(order);
  }
  std::string judge(const std::string& state) {
    const Told attempt{std::vector<Answer>(4, said(200)), state};
    Judgement judgement = bench.judge(attempt);
    for (; judgement.is == Is::needs_runs; judgement = bench.judge(attempt))
      for (const oracle::Wanted& wanted : judgement.wanted) learn(wanted.order);
    return word_for(judgement);
  }
  std::string state_after(const std::vector<int>& order) const {
    if (!state_tells_) return "[4]";
    return fmt::format("[{}]", fmt::join(order, ", "));
  }
  Bench bench;
  int learnt = 0;

 private:
  void learn(const oracle::Order& order) {
    bench.learn(order.roles, Told{std::vector<Answer>(4, said(200)), state_after(order.roles)});
    ++learnt;
  }
  bool state_tells_;
};

TEST(ManyScripts, ASampleAccusesOnlyIfItHasSeenEveryOutcomeTwice) {
  EXPECT_EQ(FourOfWhichTwelveAreDrawn(true, 0).judge("[0, 0, 0, 0]"), "unjudged");
  EXPECT_EQ(FourOfWhichTwelveAreDrawn(false, 0).judge("[3]"), "state");
}

TEST(ManyScripts, ALateReadOfAnOrderThatWasNotDrawnIsNoRace) {
  FourOfWhichTwelveAreDrawn four(false, 0);
  const auto& drawn = four.bench.oracle->orders();
  std::vector<int> order = {0, 1, 2, 3};
  while (std::any_of(drawn.begin(), drawn.end(),
                     [&](const oracle::Order& each) { return each.roles == order; }))
    ASSERT_TRUE(std::next_permutation(order.begin(), order.end()));
  // One after another, in that order; and the state is read a moment too soon.
  Told attempt{std::vector<Answer>(4), "[3]"};
  attempt.later = "[4]";
  for (int turn = 0; turn < 4; ++turn)
    attempt.answers[static_cast<std::size_t>(order[static_cast<std::size_t>(turn)])].steps = {
        {200, "{}", false, Nanoseconds(20 * turn), Nanoseconds(20 * turn + 10)}};
  EXPECT_EQ(word_for(four.bench.judge(attempt)), "unjudged");
}

TEST(ManyScripts, AnOrderThatWasNotDrawnIsFoundByWhatTheStateShows) {
  std::vector<int> order = {0, 1, 2, 3};
  do {
    FourOfWhichTwelveAreDrawn four(true, 24);
    EXPECT_EQ(four.judge(four.state_after(order)), "explained") << four.state_after(order);
    EXPECT_LE(four.learnt, 12 + 8);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ManyScripts, AllThatAreLeftArePlayedIfTheyAreFew) {
  FourOfWhichTwelveAreDrawn four(true, 24);  // twelve are left, and twelve are few
  EXPECT_EQ(four.judge("[0, 0, 0, 0]"), "state");
  EXPECT_EQ(four.learnt, 24);
  FourOfWhichTwelveAreDrawn fewer(true, 6);
  EXPECT_EQ(fewer.judge("[0, 0, 0, 0]"), "unjudged");
}

TEST(ManyScripts, OneRunRefutesEveryOrderThatBeginsAlike) {
  // Whoever comes first is told 200, everybody else 404. It does not take 720 orders to know that
  // no two are told 200.
  std::vector<Bench::Script> scripts;
  for (int i = 0; i < 6; ++i) scripts.push_back({"s" + std::to_string(i)});
  Bench bench(scripts, true, {.orders = 24});
  int learnt = 0;
  const auto learn = [&](const oracle::Order& order) {
    Told told{std::vector<Answer>(6, said(404)), R"("s)" + std::to_string(order.roles[0]) + "\""};
    told.answers[0] = said(200);
    bench.learn(order.roles, told);
    ++learnt;
  };
  for (const oracle::Order& order : bench.oracle->orders()) learn(order);
  Told attempt{std::vector<Answer>(6, said(404)), R"("s3")"};
  attempt.answers[3] = attempt.answers[5] = said(200);
  Judgement judgement = bench.judge(attempt);
  for (; judgement.is == Is::needs_runs; judgement = bench.judge(attempt))
    for (const oracle::Wanted& wanted : judgement.wanted) learn(wanted.order);
  EXPECT_EQ(word_for(judgement), "state");
  EXPECT_LT(learnt, 720 / 4);
  attempt.answers[5] = said(404);
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained");
}

}  // namespace
