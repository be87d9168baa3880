#include "oracle/serial.h"

#include <gtest/gtest.h>

#include "oracle/oracle_testing.h"

namespace {

using namespace oracle_testing;

TEST(SerialRuns, OrdersOfOneOutcomeAreOneClass) {
  Bench bench({{"a"}, {"b"}, {"c"}});
  for (const oracle::Order& order : bench.oracle->orders()) {
    std::vector<Answer> answers;
    for (std::size_t role = 0; role < 3; ++role) answers.push_back(said(role == 0 ? 200 : 409));
    bench.learn(order.roles,
                Told{answers, R"({"winner": )" + std::to_string(order.roles[0]) + "}"});
  }
  EXPECT_EQ(bench.oracle->outcome_classes(), (std::vector<int>{0, 0, 2, 2, 4, 4}));
  EXPECT_EQ(bench.oracle->winners(bench.oracle->orders()[2]), (std::vector<int>{1}));
}

TEST(SerialRuns, SomethingHasToBeAnsweredAndNotRefused) {
  const auto learnt = [](int first, int second, const char* state = "{}") {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1},
                Told{.answers = {said(first), said(second)}, .state = state, .before = "{}"});
    return std::pair(bench.oracle->everything_refused_serially(),
                     bench.oracle->nothing_answered_serially());
  };
  EXPECT_EQ(learnt(401, 401), std::pair(true, false));
  EXPECT_EQ(learnt(503, 503), std::pair(true, false));
  EXPECT_EQ(learnt(401, 401, R"({"failed": 2})"), std::pair(false, false)) << "they are counted";
  EXPECT_EQ(learnt(401, 403), std::pair(false, false));
  EXPECT_EQ(learnt(200, 200), std::pair(false, false));
  EXPECT_EQ(learnt(0, 0), std::pair(false, true));
}

}  // namespace
