#include "outcome/outcome.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using outcome::Answer;
using outcome::as_rules_input;
using outcome::Outcome;
using outcome::overlapped;
using outcome::release_spread;
using outcome::Step;

Answer answered(int status) { return {.steps = {Step{.status = status}}}; }

TEST(Classify, ReadsTheLastStatus) {
  struct Case {
    int status;
    bool ok, refused, indeterminate;
  };
  constexpr Case cases[] = {
      {0, false, false, true},  // no answer: it may have happened
      {200, true, false, false}, {204, true, false, false}, {299, true, false, false},
      {302, true, false, false}, {399, true, false, false}, {199, false, false, false},
      {400, false, true, false}, {401, false, true, false}, {404, false, true, false},
      {407, false, true, false}, {408, false, false, true}, {409, false, true, false},
      {412, false, true, false}, {429, false, true, false}, {499, false, true, false},
      {500, false, false, true}, {502, false, false, true}, {503, false, true, false},
      {504, false, false, true}, {599, false, false, true},
  };
  for (const Case& c : cases) {
    Answer answer = answered(c.status);
    classify(answer, {}, {});
    EXPECT_EQ(answer.ok, c.ok) << c.status;
    EXPECT_EQ(answer.refused, c.refused) << c.status;
    EXPECT_EQ(answer.indeterminate, c.indeterminate) << c.status;
  }
}

TEST(Classify, OnlyTheLastStepCounts) {
  Answer answer{.steps = {Step{.status = 500}, Step{.status = 200}}};
  classify(answer, {}, {});
  EXPECT_TRUE(answer.ok);
  EXPECT_FALSE(answer.indeterminate);
}

TEST(Classify, TheScenariosOwnWordsWin) {
  struct Case {
    const char* what;
    int status;
    std::optional<bool> ok_given, refused_given;
    bool ok, refused, indeterminate;
  };
  const Case cases[] = {
      {"an error that comes with 200", 200, false, {}, false, false, false},
      {"an error that comes with 200 and says so", 200, false, true, false, true, false},
      {"deleting what is gone is fine", 404, true, {}, true, false, false},
      {"a 409 that did something", 409, {}, false, false, false, false},
      {"a 503 that may have done something", 503, {}, false, false, false, true},
      {"a 500 that did nothing", 500, {}, true, false, true, false},
      {"a 500 that did it", 500, true, {}, true, false, false},
      {"nobody can say that no answer is ok", 0, true, {}, false, false, true},
      {"nobody can say that no answer is a refusal", 0, {}, true, false, false, true},
  };
  for (const Case& c : cases) {
    Answer answer = answered(c.status);
    classify(answer, c.ok_given, c.refused_given);
    EXPECT_EQ(answer.ok, c.ok) << c.what;
    EXPECT_EQ(answer.refused, c.refused) << c.what;
    EXPECT_EQ(answer.indeterminate, c.indeterminate) << c.what;
  }
}

TEST(Classify, AScriptThatStoppedIsNotOk) {
  Answer answer = answered(200);
  answer.stopped_before = 1;
  classify(answer, {}, {});
  EXPECT_FALSE(answer.ok);
  EXPECT_FALSE(answer.refused);
  EXPECT_FALSE(answer.indeterminate);
  classify(answer, true, {});
  EXPECT_FALSE(answer.ok);
}

TEST(Classify, AScriptThatSentNothingIsIndeterminate) {
  Answer answer;
  classify(answer, {}, {});
  EXPECT_TRUE(answer.indeterminate);
}

TEST(Classify, ARequestThatTheServerDeclinedDidNothing) {
  Answer answer{.steps = {Step{.status = 200, .safe = true}, Step{.declined = true}}};
  classify(answer, {}, {});
  EXPECT_TRUE(answer.refused);
  EXPECT_FALSE(answer.indeterminate);
  answer.steps.front().safe = false;  // something of the script may have happened
  classify(answer, {}, {});
  EXPECT_FALSE(answer.refused);
  EXPECT_TRUE(answer.indeterminate);
}

// Real time (doc/verdicts.md):
//
//   sent          released     answered
//    |--head, body...|-- last byte |      the server may read the row when the head is complete
TEST(Answer, BeginsWhenTheServerMayBeginWithIt) {
  const Step at_once{.status = 200, .sent = 10ns, .released = 10ns, .answered = 40ns};
  Step in_head{
      .status = 200, .sent = 10ns, .released = 30ns, .held_in_head = true, .answered = 40ns};
  Step in_body = in_head;
  in_body.held_in_head = false;
  EXPECT_EQ((Answer{.steps = {at_once}}).begins(), 10ns);
  EXPECT_EQ((Answer{.steps = {in_head}}).begins(), 30ns);
  EXPECT_EQ((Answer{.steps = {in_body}}).begins(), 10ns);
  // The near miss: held in its head, but it is not the first step.
  EXPECT_EQ((Answer{.steps = {Step{.status = 200, .sent = 1ns, .released = 1ns, .answered = 5ns},
                              in_head}})
                .begins(),
            1ns);
}

TEST(Answer, EndsWithItsLastAnswerOrNever) {
  const Step done{.status = 200, .answered = 40ns};
  const Step lost{.status = 0, .answered = 50ns};
  EXPECT_EQ((Answer{.steps = {done}}).ends(), 40ns);
  EXPECT_EQ((Answer{.steps = {done, lost}}).ends(), Nanoseconds::max());
}

TEST(Answer, WhatSentNothingComesNeitherBeforeNorAfterAnything) {
  EXPECT_EQ(Answer{}.begins(), Nanoseconds::min());
  EXPECT_EQ(Answer{}.ends(), Nanoseconds::max());
}

/// An entry that was released and answered at these times, in an attempt whose gate opens at 100.
Answer flight(int from, int to, int status = 200) {
  return {.steps = {Step{.status = status,
                         .sent = 50ns,
                         .released = Nanoseconds(from),
                         .held_in_head = true,
                         .answered = Nanoseconds(to)}}};
}

TEST(Overlapped, NeedsTwoInFlightAtOnce) {
  struct Case {
    const char* drawn;
    std::vector<Answer> answers;
    bool expected;
  };
  const Case cases[] = {
      {"nobody", {}, false},
      {"|--A--|", {flight(100, 200)}, false},
      {"|--A--||--B--|", {flight(100, 200), flight(200, 300)}, false},
      {"|--A--|\n     |--B--|", {flight(100, 201), flight(200, 300)}, true},
      {"     |--A--|\n|--B--|", {flight(200, 300), flight(100, 201)}, true},
      {"|----A----|\n  |-B-|", {flight(100, 400), flight(200, 300)}, true},
      {"|---A---|\n|-B-|", {flight(100, 400), flight(100, 200)}, true},
      {"the first and the last of three",
       {flight(100, 400), flight(150, 150), flight(300, 500)},
       true},
      {"A never ends", {flight(100, 110, 0), flight(300, 400)}, true},
      {"answered before the gate opened", {flight(60, 90), flight(100, 200)}, false},
  };
  for (const Case& c : cases) {
    const Outcome attempt{.answers = c.answers, .gate_opened = 100ns};
    EXPECT_EQ(overlapped(attempt), c.expected) << c.drawn;
  }
}

TEST(Overlapped, StepsBeforeTheGateDoNotCount) {
  const Step read{.status = 200, .sent = 10ns, .released = 10ns, .answered = 90ns};
  const Step early{.status = 200, .sent = 91ns, .released = 100ns, .answered = 150ns};
  const Step late{.status = 200, .sent = 91ns, .released = 200ns, .answered = 250ns};
  EXPECT_FALSE(overlapped(
      {.answers = {{.steps = {read, early}}, {.steps = {read, late}}}, .gate_opened = 100ns}));
  EXPECT_FALSE(
      overlapped({.answers = {{.steps = {read, early}}, {.steps = {read}}}, .gate_opened = 100ns}));
}

TEST(ReleaseSpread, IsMeasuredBetweenThoseThatWaited) {
  EXPECT_EQ(release_spread({.answers = {flight(100, 200), flight(107, 200), flight(103, 200)},
                            .gate_opened = 100ns}),
            7ns);
  EXPECT_EQ(release_spread({.answers = {flight(100, 200), flight(60, 90)}, .gate_opened = 100ns}),
            0ns);
  EXPECT_EQ(release_spread({}), 0ns);
}

scenario::Scenario two_scripts() {
  scenario::Scenario scenario;
  scenario.race.resize(2);
  scenario.race[0].name = "cancel";
  scenario.race[1].name = "redeem";
  scenario.race[1].times = 2;
  return scenario;
}

TEST(RulesInput, HasTheShapeThatRulesAreWrittenFor) {
  Answer cancel{.entry = {0, 0}, .steps = {Step{.status = 200, .body = json::object{{"a", 1}}}}};
  Answer second{.entry = {1, 1}, .steps = {Step{.status = 409}}};
  Answer first{.entry = {1, 0}, .steps = {Step{.status = 200}}, .stopped_before = 1};
  for (Answer* answer : {&cancel, &second, &first}) classify(*answer, {}, {});
  const Outcome outcome{.before = {{.name = "order", .status = 200, .body = "new"}},
                        .answers = {second, cancel, first},
                        .after = {{.name = "order", .status = 404, .headers = {{"etag", "x"}}}}};
  EXPECT_EQ(as_rules_input(outcome, two_scripts()), *base::parse_json(R"({
    "before": {"order": {"status": 200, "headers": {}, "body": "new"}},
    "after": {"order": {"status": 404, "headers": {"etag": "x"}, "body": null}},
    "answers": {
      "cancel": {"ok": true, "refused": false, "stopped": false,
                 "steps": [{"status": 200, "headers": {}, "body": {"a": 1}}]},
      "redeem": [{"ok": false, "refused": false, "stopped": true,
                  "steps": [{"status": 200, "headers": {}, "body": null}]},
                 {"ok": false, "refused": true, "stopped": false,
                  "steps": [{"status": 409, "headers": {}, "body": null}]}]}})"));
}

TEST(RulesInput, CopiesAreAnArrayEvenIfOneOrNonePlayed) {
  const json::value input = as_rules_input({.answers = {{.entry = {0, 0}}}}, two_scripts());
  EXPECT_EQ(input.at("answers").at("redeem"), json::array());
}

TEST(RulesInput, ASinkIsTheListOfItsCalls) {
  const json::value calls{{{"method", "POST"}, {"path", "/charges"}}};
  const Outcome outcome{
      .after = {{.name = "order", .status = 200},
                {.name = "pay", .body = calls, .of_sink = true, .arrived = {7ns}}}};
  const json::value input = as_rules_input(outcome, two_scripts());
  EXPECT_EQ(input.at("after").at("pay"), calls);
  EXPECT_EQ(input.at("before"), json::object());
}

}  // namespace
