#include "finding/comparison.h"

#include <gtest/gtest.h>

#include "finding/evidence_testing.h"

namespace {

using finding::Bench;
using finding::told;
using record::Comparison;
using record::Place;
using record::Value;
using In = Place::In;
using Part = Place::Part;

Value json_of(const std::string& text) { return {.is = Value::Is::json, .text = text}; }
Value statuses(const std::string& text) { return {.is = Value::Is::statuses, .text = text}; }
const Value absent{.is = Value::Is::absent};
const Value nothing;

const Comparison* row_at(const std::vector<Comparison>& rows, const Place& place) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Comparison& row) { return row.place == place; });
  return found == rows.end() ? nullptr : &*found;
}

TEST(Rows, ShowWhatDiffersFirstAndTheStateBeforeAnswers) {
  const auto bench = finding::one_winner();
  (void)bench->attempt({{told(200), told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"});
  const record::Finding finding = bench->finding();
  ASSERT_EQ(finding.orders.size(), 2u);
  EXPECT_EQ(finding.orders[0], (record::Order{{{"give"}, {"take"}}})) << "the closest";
  ASSERT_EQ(finding.differences.size(), 3u);
  const auto& rows = finding.differences;
  EXPECT_EQ(rows[0].place, (Place{In::state, "thing", 0, Part::body, "/by"}));
  EXPECT_EQ(rows[0].seen, json_of("\"give\""));
  EXPECT_EQ(rows[0].allowed, (std::vector{json_of("\"give\""), json_of("\"take\"")}));
  EXPECT_FALSE(rows[0].differs);
  EXPECT_EQ(rows[1].place, (Place{In::answer, "give", 0, Part::statuses, ""}));
  EXPECT_EQ(rows[1].seen, statuses("200"));
  EXPECT_EQ(rows[1].allowed, (std::vector{statuses("200"), statuses("409")}));
  EXPECT_EQ(rows[2].place, (Place{In::answer, "take", 0, Part::statuses, ""}));
}

TEST(Rows, AreLeftOutWhereNothingDiffers) {
  Bench bench({{"add", 2}});
  bench.learn({0, 1}, {{told(200), told(200)}, "{}", R"({"count": 2, "name": "c"})"});
  (void)bench.attempt({{told(200), told(200)}, "{}", R"({"count": 1, "name": "c"})"});
  const auto rows = bench.finding().differences;
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].place, (Place{In::state, "thing", 0, Part::body, "/count"}));
  EXPECT_TRUE(rows[0].differs);
}

// The target may call its members what it likes; the report once took the second for a status.
TEST(Rows, AreNotMistakenForWhatATargetCallsItsMembers) {
  for (const char* key : {"a HTTP status b", "HTTP status", "members", "body"}) {
    const auto state = [&](int value) { return base::to_text(json::object{{key, value}}); };
    Bench bench({{"add", 2}});
    bench.learn({0, 1}, {{told(200), told(200)}, state(0), state(2)});
    (void)bench.attempt({{told(200), told(200)}, state(0), state(1)});
    const auto rows = bench.finding().differences;
    ASSERT_EQ(rows.size(), 1u) << key;
    EXPECT_EQ(rows[0].place, (Place{In::state, "thing", 0, Part::body, "/" + std::string(key)}));
    EXPECT_EQ(rows[0].seen, json_of("1"));
    EXPECT_EQ(rows[0].allowed, std::vector{json_of("2")});
  }
}

TEST(Rows, SayNothingOfAScriptThatStopped) {
  Bench bench({{"take", 1, 2}, {"give", 1, 1}});
  const finding::Heard both{{{200, R"({"n": 1})"}, {200, R"({"m": 1})"}}};
  const finding::Heard stopped{{{200, R"({"n": 0})"}}, true};
  bench.learn({0, 1}, {{both, told(200)}, "{}", R"({"by": 1})"});
  bench.learn({1, 0}, {{told(200), stopped}, "{}", R"({"by": 2})"});
  (void)bench.attempt({{both, told(200)}, "{}", R"({"by": 3})"});
  const auto rows = bench.finding().differences;
  const auto* told_statuses = row_at(rows, {In::answer, "take", 0, Part::statuses, ""});
  ASSERT_NE(told_statuses, nullptr);
  EXPECT_EQ(told_statuses->seen, statuses("200, 200"));
  EXPECT_EQ(told_statuses->allowed, (std::vector{statuses("200, 200"), statuses("200, -")}));
  EXPECT_EQ(row_at(rows, {In::answer, "take", 2, Part::body, "/m"}), nullptr)
      << "one order has it as it was seen, the other nothing at all";
}

TEST(Rows, OfASinkCountItsCalls) {
  Bench bench({{"pay", 2}},
              [](scenario::Scenario& scenario) { scenario.sinks.push_back({.name = "bank"}); });
  const char* rows_of_it = R"({"rows": [1, 2]})";
  bench.learn({0, 1}, {{told(200), told(200)}, "{}", "{}", 200, {rows_of_it}});
  (void)bench.attempt({{told(200), told(200)}, "{}", "{}", 200, {rows_of_it, R"({"rows": []})"}});
  const auto rows = bench.finding().differences;
  const auto* calls = row_at(rows, {In::sink, "bank", 0, Part::calls, ""});
  ASSERT_NE(calls, nullptr);
  EXPECT_EQ(calls->seen, (Value{.is = Value::Is::calls, .count = 2}));
  EXPECT_EQ(calls->allowed, (std::vector{Value{.is = Value::Is::calls, .count = 1}}));
  (void)bench.attempt({{told(200), told(200)}, "{}", "{}", 200, {R"({"rows": [1]})"}});
  const auto in_it = bench.finding().differences;
  const auto* list = row_at(in_it, {In::sink, "bank", 0, Part::calls, "/0/body/rows"});
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->seen, (Value{.is = Value::Is::elements, .count = 1})) << "a list in a call";
}

// -- members that come and go with a status

class Gone : public testing::Test {
 protected:
  Gone() {
    bench_.learn({0, 1}, {{told(200), told(200)}, "{}", R"({"detail": "not found"})", 404});
  }
  std::vector<Comparison> rows_of(const char* state, int status) {
    (void)bench_.attempt({{told(200), told(200)}, "{}", state, status});
    return bench_.finding().differences;
  }

  Bench bench_{{{"remove", 2}}};
};

TEST_F(Gone, WhatIsThereAgainIsOneRow) {
  const auto rows = rows_of(R"({"id": 7, "count": 2, "name": "c", "a/b": 1, "note": "n"})", 200);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].place, (Place{In::state, "thing", 0, Part::status, ""}));
  EXPECT_EQ(rows[0].seen, statuses("200"));
  EXPECT_EQ(rows[0].allowed, std::vector{statuses("404")});
  EXPECT_EQ(rows[1].place, (Place{In::state, "thing", 0, Part::members, ""}));
  EXPECT_EQ(rows[1].seen,
            (Value{.is = Value::Is::names, .text = "/id\n/count\n/name", .count = 5}));
  EXPECT_EQ(rows[1].allowed,
            (std::vector{Value{.is = Value::Is::names, .text = "/detail", .count = 1}}));
  EXPECT_TRUE(rows[1].differs);
}

TEST_F(Gone, MembersThatDifferWithoutTheStatusHaveARowEach) {
  const auto rows = rows_of(R"({"id": 7, "count": 2})", 404);
  ASSERT_EQ(rows.size(), 3u);
  for (const Comparison& row : rows) EXPECT_EQ(row.place.part, Part::body);
  EXPECT_NE(row_at(rows, {In::state, "thing", 0, Part::body, "/detail"}), nullptr);
}

TEST_F(Gone, AMemberThatIsThereEitherWayHasARowOfItsOwn) {
  const auto rows = rows_of(R"({"id": 7, "detail": "found"})", 200);
  ASSERT_EQ(rows.size(), 3u);
  const auto* detail = row_at(rows, {In::state, "thing", 0, Part::body, "/detail"});
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->seen, json_of("\"found\""));
  const auto* members = row_at(rows, {In::state, "thing", 0, Part::members, ""});
  ASSERT_NE(members, nullptr);
  EXPECT_EQ(members->allowed, std::vector{absent});
}

// -- how many

TEST(Rows, OfManyCopiesAreFew) {
  Bench bench({{"redeem", 8}});
  std::vector<finding::Heard> heard(8, told(500)), ok(8, told(200));
  bench.learn(bench.everyone(), {ok, "{}", R"({"left": 0})"});
  (void)bench.attempt(
      {{told(201), told(201), told(201), told(201), told(201), told(201), told(201), told(201)},
       "{}",
       R"({"left": 1})"});
  const auto rows = bench.finding().differences;
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(),
                          [](const Comparison& row) { return row.place.in == In::answer; }),
            3);
  EXPECT_NE(row_at(rows, {In::state, "thing", 0, Part::body, "/left"}), nullptr);
}

TEST(Rows, AreForty) {
  json::object before, after;
  for (int i = 0; i < 100; ++i)
    before["m" + std::to_string(i)] = i, after["m" + std::to_string(i)] = -i;
  Bench bench({{"add", 2}});
  bench.learn({0, 1}, {{told(200), told(200)}, "{}", base::to_text(before)});
  (void)bench.attempt({{told(200), told(200)}, "{}", base::to_text(after)});
  EXPECT_EQ(bench.finding().differences.size(), 40u);
}

}  // namespace
