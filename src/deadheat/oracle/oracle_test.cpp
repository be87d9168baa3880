#include "oracle/oracle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "oracle/oracle_testing.h"

/// doc/verdicts.md, by example.
namespace {

using namespace oracle_testing;
using base::Nanoseconds;
using oracle::Judgement;
using Is = oracle::Judgement::Is;

TEST(Judge, AnAttemptIsExplainedByAnOrderOrByNone) {
  OneWinner bench;
  const auto cancelled = bench.judge({{said(200), said(409)}, R"({"status": "cancelled"})"});
  ASSERT_EQ(word_for(cancelled), "explained");
  EXPECT_EQ(cancelled.orders, (std::vector<oracle::Order>{{{0, 1}, {}}}));
  EXPECT_EQ(cancelled.cast, (std::vector<int>{0, 1}));
  EXPECT_EQ(word_for(bench.judge({{said(409), said(200)}, R"({"status": "preparing"})"})),
            "explained");
  EXPECT_EQ(word_for(bench.judge({{said(200), said(200)}, R"({"status": "preparing"})"})), "state");
  EXPECT_EQ(word_for(bench.judge({{said(200), said(409)}, R"({"status": "preparing"})"})), "state");
}

TEST(Judge, AnAttemptThatSeveralOrdersExplainCountsForEach) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  bench.learn({1, 0}, Told{{said(200), said(200)}});
  EXPECT_EQ(bench.judge({{said(200), said(200)}}).orders.size(), 2u);
}

TEST(Judge, OrdersThatAreNotLearntYetAreAskedFor) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  const auto judgement = bench.judge({{said(200), said(200)}});
  ASSERT_EQ(word_for(judgement), "needs runs");
  ASSERT_EQ(judgement.wanted.size(), 1u);
  EXPECT_EQ(judgement.wanted[0].order, (oracle::Order{{1, 0}, {}}));
}

/// Answers of two scripts in real time: [from, to], and whether "second a, then b" is a legal
/// account of it.
TEST(Judge, RealTimeOrdersWhoeverWasOverBeforeTheOtherBegan) {
  struct Case {
    const char* picture;
    Nanoseconds first_from, first_to, second_from, second_to;
    bool explained;
  };
  const Case cases[] = {
      {"A |----|   B      |----|", Nanoseconds(0), Nanoseconds(10), Nanoseconds(20),
       Nanoseconds(30), false},
      {"A |----|   B    |----|  ", Nanoseconds(0), Nanoseconds(10), Nanoseconds(5), Nanoseconds(15),
       true},
      {"A |----|   B     |----| ", Nanoseconds(0), Nanoseconds(10), Nanoseconds(10),
       Nanoseconds(20), true},
      {"B |----|   A      |----|", Nanoseconds(20), Nanoseconds(30), Nanoseconds(0),
       Nanoseconds(10), true},
  };
  for (const Case& c : cases) {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
    bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
    // The state says that b came first.
    const auto judgement = bench.judge({{{{{200, "{}", false, c.first_from, c.first_to}}},
                                         {{{200, "{}", false, c.second_from, c.second_to}}}},
                                        R"({"last": "a"})"});
    EXPECT_EQ(word_for(judgement), c.explained ? "explained" : "state") << c.picture;
  }
}

TEST(Judge, RefusedScriptsGiveNoOrder) {
  // Serial runs say 400 to the second, too: it is not taken out.
  Bench bench({{"cancel"}, {"accept"}});
  bench.learn({0, 1}, Told{{said(200), said(400)}, R"({"status": "cancelled"})"});
  bench.learn({1, 0}, Told{{said(200), said(400)}, R"({"status": "preparing"})"});
  // accept was refused and over before cancel began; it did nothing, so it may stand behind.
  EXPECT_EQ(word_for(bench.judge({{{{{200, "{}", false, Nanoseconds(20), Nanoseconds(30)}}},
                                   {{{400, "{}", false, Nanoseconds(0), Nanoseconds(10)}}}},
                                  R"({"status": "cancelled"})"})),
            "explained");
}

TEST(Judge, AStepHeldInItsHeadBeginsAtTheRelease) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
  for (const bool held : {false, true}) {
    auto attempt = bench.outcome({0, 1}, {{said(200), said(200)}, R"({"last": "a"})"});
    attempt.answers[0].steps[0].answered = Nanoseconds(10);
    attempt.answers[1].steps[0].sent = Nanoseconds(0);
    attempt.answers[1].steps[0].released = Nanoseconds(20);
    attempt.answers[1].steps[0].held_in_head = held;
    EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))),
              held ? "state" : "explained");
  }
}

// Two that both succeed serially; under contention one is turned away.
struct RefusalCase {
  const char* lesson;
  Answer refused;
  const char* state;
  std::string word;
  bool odd;
};

TEST(Refusals, MayBeTakenOut) {
  const RefusalCase cases[] = {
      {"a customary refusal did nothing", said(409), R"({"n": 1})", "explained", false},
      {"a busy lock", said(423), R"({"n": 1})", "explained", false},
      {"an overloaded server", said(503), R"({"n": 1})", "explained", false},
      {"but the rest has to be right", said(409), R"({"n": 2})", "state", false},
      {"another 4xx that no serial run gave, oddly", said(403), R"({"n": 1})", "explained", true},
      {"a 404 that serial runs give with other words", said(404, R"({"e": "held"})"), R"({"n": 1})",
       "explained", true},
      {"that very answer is no refusal under contention", said(404, R"({"e": "gone 99"})"),
       R"({"n": 1})", "state", false},
      {"what wrote before cannot be taken out", {{{200}, {409}}}, R"({"n": 1})", "state", false},
      {"what only read before can",
       {{{200, "{}", true}, {409}}},
       R"({"n": 1})",
       "explained",
       false},
  };
  for (const RefusalCase& c : cases) {
    Bench bench({{"add"}, {"more"}, {"drop"}});
    const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const auto& order : orders) {
      // drop succeeds behind the others; before one of them that one finds nothing and is told so
      // in passing.
      std::vector<Told> runs(2, Told{{said(200), said(200), said(200)}, R"({"n": 2})"});
      if (order[2] == 1 && order[0] == 2)
        for (int run = 0; run < 2; ++run)
          runs[static_cast<std::size_t>(run)].answers[2] =
              said(404, R"({"e": "gone )" + std::to_string(17 + run) + "\"}");
      bench.learn(order, runs);
    }
    bench.learn({0, 2}, Told{{said(200), said(200)}, R"({"n": 1})"});
    bench.learn({2, 0}, Told{{said(200), said(200)}, R"({"n": 1})"});
    const auto judgement = bench.judge({{said(200), c.refused, said(200)}, c.state});
    EXPECT_EQ(word_for(judgement), c.word) << c.lesson;
    EXPECT_EQ(!judgement.odd.empty(), c.odd) << c.lesson;
    EXPECT_EQ(judgement.out == std::vector<int>{1}, c.word == "explained") << c.lesson;
  }
}

TEST(Refusals, OfAllLeaveTheResetState) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  const Told refused{{said(409), said(409)}, R"({"n": 0})"};
  // First the rest of each, then nobody.
  for (int rounds = 0; rounds < 3; ++rounds)
    for (const oracle::Wanted& wanted : bench.judge(refused).wanted) {
      const std::vector<Answer> answers(wanted.order.roles.size(), said(200));
      bench.learn(wanted.order.roles,
                  Told{answers, R"({"n": )" + std::to_string(answers.size()) + "}"});
    }
  const auto judgement = bench.judge(refused);
  ASSERT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out, (std::vector<int>{0, 1}));
  EXPECT_EQ(word_for(bench.judge({{said(409), said(409)}, R"({"n": 7})"})), "state")
      << "refused, and yet something happened";
}

TEST(Refusals, AnAnswerThatNamesSomebodyElseIsThatVeryAnswer) {
  Bench bench({{"take", 2}});
  const auto held_by = [](int entry) { return said(403, R"({"by": ")" + user_of(entry) + "\"}"); };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), held_by(0)}, R"({"n": 1})"}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), held_by(1)}, R"({"n": 1})"}});
  // Both were told that the other has it: serial runs say so too, so neither is turned away under
  // contention.
  EXPECT_EQ(word_for(bench.judge({{held_by(1), held_by(0)}, R"({"n": 1})"})), "state");
}

TEST(Refusals, ARestIsPlayedByEverybodyInTurn) {
  Bench bench({{"redeem", 3}});
  bench.learn({0, 1, 2}, Told{{said(200), said(200), said(200)}, R"({"n": 3})"});
  const auto judgement = bench.judge({{said(409), said(200), said(200)}, R"({"n": 2})"});
  ASSERT_EQ(word_for(judgement), "needs runs");
  EXPECT_EQ(judgement.wanted[0].order.roles.size(), 2u);
  EXPECT_EQ(judgement.wanted[0].members, (std::vector<int>{0, 1, 2}));
}

TEST(Refusals, WhatNoOrderSaysIsOutInAnyCase) {
  // Ten were told 503, each at a time of its own: 1024 sets, but only one that can explain it.
  Bench bench({{"like", 10}});
  std::vector<Answer> all;
  for (int i = 0; i < 10; ++i) all.push_back(said(200));
  bench.learn({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Told{all, R"({"n": 10})"});
  std::vector<Answer> refused;
  for (int i = 0; i < 10; ++i)
    refused.push_back(said(503, R"({"try": )" + std::to_string(i) + "}"));
  refused[3] = said(200);
  const auto judgement = bench.judge({refused, R"({"n": 1})"});
  ASSERT_EQ(word_for(judgement), "needs runs");
  ASSERT_EQ(judgement.wanted.size(), 1u);
  EXPECT_EQ(judgement.wanted[0].order.roles.size(), 1u);
}

TEST(Refusals, BeyondTheCapTheAttemptIsUnjudged) {
  // Twelve scripts, each refused in words of its own: 4096 sets.
  for (const std::size_t trials : {64u, 5000u}) {
    std::vector<Bench::Script> scripts;
    for (int i = 0; i < 12; ++i) scripts.push_back({"s" + std::to_string(i)});
    Bench bench(scripts, true, {.orders = 1, .trials = trials});
    std::vector<Answer> served(12, said(200)), refused(12, said(409));
    bench.learn(bench.oracle->orders()[0].roles, Told{served, R"({"n": 12})"});
    Judgement judgement = bench.judge({refused, R"({"n": 5})"});
    while (judgement.is == Is::needs_runs) {
      for (const oracle::Wanted& wanted : judgement.wanted) {
        const std::vector<Answer> answers(wanted.order.roles.size(), said(200));
        bench.learn(wanted.order.roles, Told{answers, R"({"n": 12})"});
      }
      judgement = bench.judge({refused, R"({"n": 5})"});
    }
    // Nobody who comes first is ever refused: that rules out every order of every rest.
    EXPECT_EQ(word_for(judgement), trials == 64 ? "unjudged" : "state");
    EXPECT_EQ(judgement.doubt, trials == 64 ? Judgement::Doubt::refusals : Judgement::Doubt::none);
    EXPECT_LT(bench.oracle->revision(), 200u);
  }
}

TEST(Refusals, TheScenariosOwnWordIsEnough) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
  bench.learn({1}, Told{{said(200)}, R"({"n": 1})"});
  auto attempt =
      bench.outcome({0, 1}, {{said(200), said(200, R"({"errors": ["busy"]})")}, R"({"n": 1})"});
  EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))), "state");
  outcome::classify(attempt.answers[1], false, true);  // `refused:` of the scenario
  EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))), "explained");
}

// -- indeterminate

TEST(Indeterminate, MayHaveHappenedOrNot) {
  for (const int status : {0, 500, 408}) {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
    bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
    bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
    const auto in = bench.judge({{said(200), said(status)}, R"({"n": 2})"});
    EXPECT_EQ(word_for(in), "explained") << status;
    EXPECT_TRUE(in.indeterminate && in.out.empty()) << status;
    const auto out = bench.judge({{said(200), said(status)}, R"({"n": 1})"});
    EXPECT_EQ(word_for(out), "explained") << status;
    EXPECT_TRUE(out.indeterminate && out.out == std::vector<int>{1}) << status;
    // Neither way.
    EXPECT_EQ(word_for(bench.judge({{said(200), said(status)}, R"({"n": 3})"})), "state") << status;
  }
}

TEST(Indeterminate, AfterAWriteItIsInOrUnjudged) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), {{{200}, {200}}}}, R"({"n": 3})"});
  bench.learn({1, 0}, Told{{{{{200}, {200}}}, said(200)}, R"({"n": 3})"});
  EXPECT_EQ(word_for(bench.judge({{said(200), {{{200}, {0}}}}, R"({"n": 3})"})), "explained");
  // Its first write only: no order has that, and it is no race.
  EXPECT_EQ(word_for(bench.judge({{said(200), {{{200}, {0}}}}, R"({"n": 2})"})), "unjudged");
}

TEST(Indeterminate, WhatIsNotAnsweredIsNeverOver) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
  // a timed out before b was sent, and landed after it.
  EXPECT_EQ(word_for(bench.judge({{{{{0, "null", false, Nanoseconds(0), Nanoseconds(10)}}},
                                   {{{200, "{}", false, Nanoseconds(20), Nanoseconds(30)}}}},
                                  R"({"last": "a"})"})),
            "explained");
}

TEST(Indeterminate, WhatIsNotKnownOfItMayBeAnything) {
  Bench bench({{"a", 2}});
  const auto by = [](int entry) { return R"({"last": ")" + user_of(entry) + "\"}"; };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, by(1)}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), said(200)}, by(0)}});
  oracle::Reading attempt =
      bench.reading({0, 1}, {{said(200), said(0)}, R"({"last": "who knows"})"});
  EXPECT_NE(word_for(bench.oracle->judge(attempt)), "explained");
  attempt.told[1].names.clear();  // it never came to be filled
  EXPECT_EQ(word_for(bench.oracle->judge(attempt)), "explained");
}

TEST(Indeterminate, WhoPlayedARoleBeforeItSaysNothingOfIt) {
  // The state names whoever came first, and of the one that may have there is no name.
  Bench bench({{"a", 2}});
  const auto by = [](int entry) { return R"({"first": ")" + user_of(entry) + "\"}"; };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, by(0)}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), said(200)}, by(1)}});
  oracle::Reading attempt =
      bench.reading({0, 1}, {{said(200), said(0)}, R"({"first": "who knows"})"});
  attempt.told[1].names.clear();
  EXPECT_EQ(word_for(bench.oracle->judge(attempt)), "explained");
}

TEST(Indeterminate, RealTimeTellsTwinsApart) {
  // x fails twice, before c and after it; one of the two happened, before c.
  Bench bench({{"x", 2}, {"c"}});
  const auto state = [](int n, const char* last) {
    return R"({"n": )" + std::to_string(n) + R"(, "last": ")" + last + "\"}";
  };
  const std::vector<Answer> three(3, said(200)), two(2, said(200));
  bench.learn({0, 1, 2}, Told{three, state(3, "c")});
  bench.learn({0, 2, 1}, Told{three, state(3, "x")});
  bench.learn({2, 0, 1}, Told{three, state(3, "x")});
  bench.learn({0, 2}, Told{two, state(2, "c")});
  bench.learn({2, 0}, Told{two, state(2, "x")});
  const auto at = [](int status, int from) {
    return Answer{{{status, "{}", false, Nanoseconds(from), Nanoseconds(from + 10)}}};
  };
  const auto judgement = bench.judge({{at(500, 0), at(500, 40), at(200, 20)}, state(2, "c")});
  ASSERT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out, (std::vector<int>{1}));
}

// -- layers

TEST(Layers, StateBeforeBodiesBeforeDetail) {
  struct Case {
    const char* lesson;
    const char *body, *state;
    std::string observed, unobserved;
  };
  constexpr const char* body = R"({"left": 1, "rev": "7-$now", "tags": ["x", "y"]})";
  const Case cases[] = {
      {"as it should be", body, R"({"n": 1})", "explained", "explained"},
      {"the state", body, R"({"n": 2})", "state", "explained"},
      {"a stale answer", R"({"left": 2, "rev": "7-$now", "tags": ["x", "y"]})", R"({"n": 1})",
       "bodies", "state"},
      {"the inside of a partly volatile word",
       R"({"left": 1, "rev": "8-$now", "tags": ["x", "y"]})", R"({"n": 1})", "detail", "detail"},
      {"the order of a list", R"({"left": 1, "rev": "7-$now", "tags": ["y", "x"]})", R"({"n": 1})",
       "detail", "detail"},
  };
  for (const bool observes : {true, false})
    for (const Case& c : cases) {
      Bench bench({{"a"}, {"b"}}, observes);
      bench.learn({0, 1}, Told{{said(200, body), said(204)}, R"({"n": 1})"});
      bench.learn({1, 0}, Told{{said(204), said(200, body)}, R"({"n": 1})"});
      EXPECT_EQ(word_for(bench.judge({{said(200, c.body), said(204)}, c.state})),
                observes ? c.observed : c.unobserved)
          << c.lesson << (observes ? "" : ", no state observed");
    }
}

/// Two charges for one key, seen in the ids of two URLs only.
TEST(Layers, TheInsideOfAWordKeepsItsRelations) {
  const auto receipts = [](const char* first, const char* second) {
    const auto body = [](const char* id) {
      return fmt::format(R"({{"receipt": "https://pay.example/r/{}?lang=ko"}})", id);
    };
    return Told{{said(201, body(first)), said(201, body(second))}};
  };
  Bench bench({{"charge", 2}}, false);
  bench.learn({0, 1}, {receipts("9f3a", "9f3a"), receipts("77c2", "77c2")});
  EXPECT_EQ(word_for(bench.judge(receipts("51d0", "51d0"))), "explained");
  EXPECT_EQ(word_for(bench.judge(receipts("51d0", "8be4"))), "state");
}

TEST(Layers, AStatusIsOfTheFirst) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  bench.learn({1, 0}, Told{{said(200), said(200)}});
  EXPECT_EQ(word_for(bench.judge({{said(200), said(201)}})), "state");
}

TEST(Eventual, TheSecondLookMayExplain) {
  OneWinner bench;
  Told attempt{{said(200), said(409)}, R"({"status": "pending"})"};
  EXPECT_EQ(word_for(bench.judge(attempt)), "state");
  attempt.later = R"({"status": "cancelled"})";
  EXPECT_EQ(word_for(bench.judge(attempt)), "eventual");
  attempt.later = R"({"status": "preparing"})";
  EXPECT_EQ(word_for(bench.judge(attempt)), "state");
}

TEST(Eventual, TheSecondLookCountsForTheLayer) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200, R"({"n": 1})"), said(200)}, R"({"n": 1})"});
  bench.learn({1, 0}, Told{{said(200), said(200, R"({"n": 1})")}, R"({"n": 1})"});
  EXPECT_EQ(word_for(bench.judge({.answers = {said(200, R"({"n": 0})"), said(200)},
                                  .state = R"({"n": 0})",
                                  .later = R"({"n": 1})"})),
            "bodies");
}

// -- fresh runs before an accusation, and controls

TEST(Proof, AsksForFreshRunsOfEveryOrderThatRealTimePermits) {
  OneWinner bench;
  const Told overlapping{{said(200), said(200)}, R"({"status": "preparing"})"};
  EXPECT_EQ(bench.oracle->suspects(bench.reading({0, 1}, overlapping)).size(), 2u);
  const Told apart{{said(200), {{{200, "{}", false, Nanoseconds(200), Nanoseconds(300)}}}},
                   R"({"status": "cancelled"})"};
  const auto suspects = bench.oracle->suspects(bench.reading({0, 1}, apart));
  ASSERT_EQ(suspects.size(), 1u);
  EXPECT_EQ(suspects[0].order, (oracle::Order{{0, 1}, {}}));
}

TEST(Proof, AndOfEveryRestThatWasAskedAbout) {
  OneWinner bench;
  const auto suspects = bench.oracle->suspects(
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"}));
  ASSERT_EQ(suspects.size(), 3u);
  EXPECT_EQ(suspects[2].order, (oracle::Order{{0}, {}}));
}

/// A word of the refusal flips by itself. That no serial run said it takes him out of every set;
/// but in runs without him it can never show.
TEST(Proof, AsksForRunsOfAllEvenIfSomebodyIsOutInAnyCase) {
  Bench bench({{"a"}, {"b"}});
  for (const auto& who : {std::vector{0, 1}, {1, 0}})
    bench.learn(who, Told{{said(200), said(400, R"({"hint": "no"})")}, R"({"n": 1})"});
  const Told attempt{{said(200), said(400, R"({"hint": "never"})")}, R"({"n": 2})"};
  const auto suspects = bench.oracle->suspects(bench.reading({0, 1}, attempt));
  ASSERT_EQ(suspects.size(), 3u);
  EXPECT_EQ(suspects[0].order, (oracle::Order{{0, 1}, {}}));
  EXPECT_EQ(suspects[1].order, (oracle::Order{{1, 0}, {}}));
  EXPECT_EQ(suspects[2].order, (oracle::Order{{0}, {}}));
}

TEST(Control, FitsTheOrderItPlayedOnly) {
  OneWinner bench;
  const auto run = bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "cancelled"})"});
  EXPECT_TRUE(bench.oracle->fits({{0, 1}, {}}, run));
  const auto drifted =
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"});
  EXPECT_FALSE(bench.oracle->fits({{0, 1}, {}}, drifted));
}

}  // namespace
