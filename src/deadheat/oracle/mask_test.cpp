#include "oracle/mask.h"

#include <gtest/gtest.h>

#include "oracle/oracle_testing.h"

namespace {

using namespace oracle_testing;

TEST(Mask, DeletesWhatItNames) {
  struct Case {
    const char* mask;
    std::string first_answer, second_answer, state;
  };
  const std::string answer = R"({"id":1,"items":[{"at":1,"n":2},{"at":3,"n":4}]})";
  const std::string state = R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[8,9]})";
  const Case cases[] = {
      {".after.order.body.rev", answer, answer, R"({"a-b":{"c d":6,"e":7},"list":[8,9]})"},
      {R"(.after.order.body."a-b"."c d")", answer, answer,
       R"({"rev":5,"a-b":{"e":7},"list":[8,9]})"},
      {R"(.after.order.body["a-b"].e)", answer, answer,
       R"({"rev":5,"a-b":{"c d":6},"list":[8,9]})"},
      {".after.order.body.list[0]", answer, answer,
       R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[9]})"},
      {".after.order.body.list[]", answer, answer, R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[]})"},
      {".after.order.body", answer, answer, "null"},
      {R"(.after.order.body["a-b"][])", answer, answer, R"({"rev":5,"a-b":{},"list":[8,9]})"},
      {R"(.after.order.body[]."c d")", answer, answer, R"({"rev":5,"a-b":{"e":7},"list":[8,9]})"},
      {".after.other.body.rev", answer, answer, state},
      {".answers.get.steps[0].body.id", R"({"items":[{"at":1,"n":2},{"at":3,"n":4}]})",
       R"({"items":[{"at":1,"n":2},{"at":3,"n":4}]})", state},
      {".answers.get[].steps[].body.items[].at", R"({"id":1,"items":[{"n":2},{"n":4}]})",
       R"({"id":1,"items":[{"n":2},{"n":4}]})", state},
      {".answers.get[1].steps[0].body.items[1].at", answer,
       R"({"id":1,"items":[{"at":1,"n":2},{"n":4}]})", state},
      {".answers.get[].steps[1].body.id", answer, answer, state},
      {".answers.put.steps[0].body.id", answer, answer, state},
  };
  for (const Case& c : cases) {
    Bench bench({{"get", 2}, {"put"}});
    bench.scenario.mask = {{c.mask, {}}};
    auto outcome =
        bench.outcome({0, 1, 2}, {{said(200, answer), said(200, answer), said(204)}, state});
    oracle::apply_mask(outcome, bench.scenario);
    EXPECT_EQ(outcome.answers[0].steps[0].body, parse(c.first_answer)) << c.mask;
    EXPECT_EQ(outcome.answers[1].steps[0].body, parse(c.second_answer)) << c.mask;
    EXPECT_EQ(outcome.after[0].body, parse(c.state)) << c.mask;
  }
}

TEST(Mask, DeletesHeaders) {
  for (const auto& [mask, left] : {std::pair(R"(.answers.get.steps[0].headers."x-rate")", 1),
                                   std::pair(".answers.get.steps[0].headers", 0)}) {
    Bench bench({{"get"}, {"put"}});
    bench.scenario.mask = {{mask, {}}};
    auto outcome = bench.outcome({0, 1}, {{said(200), said(204)}});
    outcome.answers[0].steps[0].headers = {{"x-rate", "1"}, {"etag", "2"}};
    oracle::apply_mask(outcome, bench.scenario);
    EXPECT_EQ(outcome.answers[0].steps[0].headers.size(), static_cast<std::size_t>(left)) << mask;
  }
}

}  // namespace
