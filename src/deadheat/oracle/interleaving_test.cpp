#include "oracle/interleaving.h"

#include <gtest/gtest.h>

#include "oracle/oracle_testing.h"

namespace {

using namespace oracle_testing;
using base::Nanoseconds;
using oracle::ByRequest;

/// Both read, then both write: the order of requests that the attempt had.
TEST(ByRequests, TellTheServerFromWhatLiesBetween) {
  const Said read_c{200, R"({"status": "pending"})", true, Nanoseconds(0), Nanoseconds(10)};
  const Said read_a{200, R"({"status": "pending"})", true, Nanoseconds(1), Nanoseconds(11)};
  const Said write_c{200, "{}", false, Nanoseconds(20), Nanoseconds(30)};
  const Said write_a{200, "{}", false, Nanoseconds(40), Nanoseconds(50)};
  const Answer stopped{{{200, R"({"status": "taken"})", true}}, true};
  struct Case {
    const char* lesson;
    const char* state;
    ByRequest is;
  };
  const Case cases[] = {
      {"the later write won, as it would one request at a time", R"({"status": "preparing"})",
       ByRequest::explained},
      {"the earlier one did: the server itself is not atomic", R"({"status": "cancelled"})",
       ByRequest::contradicts},
  };
  for (const Case& c : cases) {
    Bench bench({{"cancel"}, {"accept"}});
    bench.learn({0, 1}, Told{{{{read_c, write_c}}, stopped}, R"({"status": "cancelled"})"});
    bench.learn({1, 0}, Told{{{{read_a, write_a}}, stopped}, R"({"status": "preparing"})"});
    const Told attempt{{{{read_c, write_c}}, {{read_a, write_a}}}, c.state};
    EXPECT_EQ(word_for(bench.judge(attempt)), "state") << c.lesson;
    const auto reading = bench.reading({0, 1}, attempt);
    auto judgement = bench.oracle->judge_by_request(reading);
    ASSERT_EQ(judgement.is, ByRequest::needs_runs) << c.lesson;
    // The reads overlap, but change nothing for each other: one order stands for both. The writes
    // do not overlap.
    ASSERT_EQ(judgement.wanted.size(), 1u);
    for (const oracle::Wanted& wanted : judgement.wanted) {
      EXPECT_EQ(wanted.order.turns.size(), 4u);
      std::vector<int> players = wanted.order.roles;
      for (int run = 0; run < 2; ++run) {
        std::vector<Answer> answers;
        for (const int player : players)
          answers.push_back({{player == 0 ? read_c : read_a, player == 0 ? write_c : write_a}});
        bench.oracle->learn(wanted.order,
                            bench.reading(players, {answers, R"({"status": "preparing"})"}));
      }
    }
    EXPECT_EQ(bench.oracle->judge_by_request(reading).is, c.is) << c.lesson;
    // It is no serial run: the attempt is as unexplained as before.
    EXPECT_EQ(word_for(bench.judge(attempt)), "state") << c.lesson;
  }
}

TEST(ByRequests, AreNoSerialRuns) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
  const Told attempt{{said(200), said(403)}, R"({"n": 1})"};
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained");
  oracle::Order by_request{{0, 1}, {0, 1}};
  bench.oracle->learn(by_request, bench.reading({0, 1}, {{said(200), said(403)}, R"({"n": 1})"}));
  bench.oracle->learn(by_request, bench.reading({0, 1}, {{said(200), said(500)}, R"({"n": 1})"}));
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained")
      << "403 is still a refusal that only contention brings forth";
  EXPECT_FALSE(bench.oracle->status_given_serially(1, 403));
  EXPECT_TRUE(bench.oracle->clashes().empty());
}

TEST(ByRequests, TheRefusedMayBeTakenOutThereAsWell) {
  const auto said_at = [](int status, int from, bool safe) {
    return Said{status, "{}", safe, Nanoseconds(from), Nanoseconds(from + 5)};
  };
  Bench bench({{"a"}, {"b"}, {"c"}});
  const Told attempt{{{{said_at(200, 0, true), said_at(200, 20, false)}},
                      {{said_at(200, 10, true), said_at(200, 30, false)}},
                      {{said_at(423, 40, false)}}},
                     R"({"n": "a and b, step by step"})"};
  const auto reading = bench.reading({0, 1, 2}, attempt);
  ByRequest is = ByRequest::needs_runs;
  int asked = 0;
  for (int rounds = 0; rounds < 5 && is == ByRequest::needs_runs; ++rounds) {
    const auto judgement = bench.oracle->judge_by_request(reading);
    is = judgement.is;
    for (const oracle::Wanted& wanted : judgement.wanted) {
      ++asked;
      std::vector<Answer> answers(wanted.order.roles.size(), Answer{{{200, "{}", true}, {200}}});
      // c is not turned away where nothing is at the same time.
      if (answers.size() == 3) answers[2] = said(200);
      const Told told{answers, answers.size() == 3 ? R"({"n": "all"})" : attempt.state};
      for (int run = 0; run < 2; ++run)
        bench.oracle->learn(wanted.order, bench.reading(wanted.order.roles, told));
    }
  }
  EXPECT_EQ(is, ByRequest::explained);
  EXPECT_EQ(asked, 2) << "one order of the requests of all, one without those of c";
}

TEST(ByRequests, DoNotConcernScriptsOfOneRequest) {
  OneWinner bench;
  EXPECT_EQ(bench.oracle->judge_by_request(bench.reading({0, 1}, {{said(200), said(200)}})).is,
            ByRequest::not_applicable);
}

TEST(ByRequests, BeyondTheLimitNothingIsDecided) {
  Bench bench({{"a"}, {"b"}}, true, {.interleavings = 2});
  const Answer two{{{200}, {200}}};  // all four overlap: six interleavings
  bench.learn({0, 1}, Told{{two, two}, R"({"n": 4})"});
  bench.learn({1, 0}, Told{{two, two}, R"({"n": 4})"});
  const auto reading = bench.reading({0, 1}, {{two, two}, R"({"n": 3})"});
  const auto judgement = bench.oracle->judge_by_request(reading);
  ASSERT_EQ(judgement.wanted.size(), 2u);
  for (const oracle::Wanted& wanted : judgement.wanted)
    for (int run = 0; run < 2; ++run)
      bench.oracle->learn(wanted.order,
                          bench.reading(wanted.order.roles, {{two, two}, R"({"n": 4})"}));
  EXPECT_EQ(bench.oracle->judge_by_request(reading).is, ByRequest::undecided);
}

TEST(ByRequests, ThoseWhoOnlyReadHaveOneOrder) {
  // 3^20 beginnings, nearly all of which lead nowhere, and one order that stands for all.
  Bench bench({{"look", 20}});
  const Answer two{{{200, "{}", true}, {200, "{}", true}}};
  const Told serial{std::vector<Answer>(20, two), R"({"looks": 40})"};
  bench.learn(bench.everyone(), serial);
  const auto reading = bench.reading(bench.everyone(), {serial.answers, R"({"looks": 39})"});
  const auto judgement = bench.oracle->judge_by_request(reading);
  ASSERT_EQ(judgement.wanted.size(), 1u);
  for (int run = 0; run < 2; ++run)
    bench.oracle->learn(judgement.wanted[0].order, bench.reading(bench.everyone(), serial));
  EXPECT_EQ(bench.oracle->judge_by_request(reading).is, ByRequest::undecided);
}

}  // namespace
