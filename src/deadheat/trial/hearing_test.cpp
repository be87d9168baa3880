#include "trial/hearing.h"

#include <gtest/gtest.h>

#include "record/record.h"
#include "trial/scenario_testing.h"

namespace {

using std::chrono::milliseconds;
using trial::Attempt;
using Is = oracle::Judgement::Is;
using trial::plain_paths;

// A counter that two scripts add one to. `hour` stands beside it, and moves by itself: slowly.
scenario::Scenario two_additions() {
  scenario::Scenario scenario;
  scenario.file = "counter.yaml";
  scenario.race.push_back({.name = "add", .times = 2, .steps = {{.method = "POST"}}});
  scenario.observe.push_back({.name = "counter"});
  return scenario;
}

outcome::Outcome both_added(int first_told, int second_told, int count, int hour) {
  outcome::Outcome outcome;
  outcome.before.push_back(
      {.name = "counter", .status = 200, .body = {{"count", 0}, {"hour", hour}}});
  outcome.after.push_back(
      {.name = "counter", .status = 200, .body = {{"count", count}, {"hour", hour}}});
  int copy = 0;
  for (const int told : {first_told, second_told}) {
    outcome::Answer answer{.entry = {.script = 0, .copy = copy++}};
    answer.steps.push_back({.status = 200, .body = {{"count", told}}, .answered = milliseconds(1)});
    answer.ok = true;
    outcome.answers.push_back(std::move(answer));
  }
  return outcome;
}

outcome::Outcome looked_at_again(outcome::Outcome outcome) {
  outcome.later = outcome.after;
  return outcome;
}

class HearingTest : public testing::Test {
 protected:
  using Use = trial::Use;

  trial::News serial(Use use, int hour) {
    return hearing_.hear_serial(order(), use, both_added(1, 2, 2, hour));
  }
  trial::News attempt(outcome::Outcome outcome) {
    return hearing_.hear_attempt({.offsets = {}}, std::move(outcome));
  }
  const oracle::Order& order() { return hearing_.oracle().orders().front(); }
  const Attempt& last_attempt() { return hearing_.ledger().attempts.back(); }

  scenario::Scenario scenario_ = two_additions();
  expression::Evaluate evaluate_ = plain_paths;
  trial::Hearing hearing_{scenario_, evaluate_, 1, false};
};

TEST_F(HearingTest, TwoRunsServeForATimeAndTheLateOneSettlesIt) {
  (void)serial(Use::learning, 8);
  EXPECT_FALSE(hearing_.ledger().baseline);
  (void)serial(Use::learning, 8);
  EXPECT_TRUE(hearing_.ledger().baseline);
  EXPECT_FALSE(hearing_.learnt());
  (void)serial(Use::late, 8);
  EXPECT_TRUE(hearing_.learnt());
}

TEST_F(HearingTest, WhatTheLateRunExplainsIsNoLongerSuspicious) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)attempt(both_added(1, 2, 2, 9));  // the hour struck between run and attempt
  EXPECT_TRUE(last_attempt().suspicious());
  EXPECT_TRUE(last_attempt().odd_reset);
  EXPECT_TRUE(hearing_.ledger().suspect);
  (void)serial(Use::proof, 8);
  EXPECT_EQ(hearing_.ledger().fresh_serial, 1);
  (void)serial(Use::late, 10);
  EXPECT_TRUE(last_attempt().explained());
  EXPECT_FALSE(last_attempt().odd_reset);
  EXPECT_FALSE(hearing_.ledger().suspect);
}

TEST_F(HearingTest, AnAccusationStandsOnlyAfterTheLateRun) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)attempt(looked_at_again(both_added(1, 1, 1, 8)));
  (void)attempt(looked_at_again(both_added(1, 1, 1, 8)));
  for (int i = 0; i < 20; ++i) (void)serial(Use::proof, 8);
  EXPECT_FALSE(hearing_.proof_waits()) << "none had a pause between the scripts";
  for (int i = 0; i < 2; ++i) (void)serial(Use::paused_proof, 8);
  EXPECT_TRUE(hearing_.proof_waits());
  EXPECT_FALSE(hearing_.over());
  (void)serial(Use::late, 8);
  EXPECT_FALSE(hearing_.proof_waits());
  EXPECT_TRUE(hearing_.ledger().proven);
  EXPECT_TRUE(hearing_.over());
}

TEST_F(HearingTest, FreshRunsThatComeOutOtherwiseCountAgainstIt) {
  for (const Use use : {Use::learning, Use::learning, Use::late}) (void)serial(use, 8);
  for (int i = 0; i < 2; ++i) (void)attempt(looked_at_again(both_added(1, 1, 1, 8)));
  for (int i = 0; i < 2; ++i) (void)serial(Use::paused_proof, 8);
  (void)serial(Use::proof, 9);  // the hour strikes: so something moves by itself
  EXPECT_EQ(hearing_.ledger().fresh_odd, 1);
  for (int i = 0; i < 20; ++i) (void)serial(Use::proof, 10);
  EXPECT_EQ(hearing_.ledger().fresh_odd, 1) << "that it moves is known by now";
  EXPECT_EQ(hearing_.ledger().hits(), 2) << "it explains no lost addition";
  EXPECT_FALSE(hearing_.over()) << "2 of 2, where 0 of 23 would do";
  for (int i = 0; i < 4; ++i) (void)attempt(looked_at_again(both_added(1, 1, 1, 8)));
  EXPECT_TRUE(hearing_.ledger().proven) << "6 of 6, and 1 of 23";
}

TEST_F(HearingTest, WhatIsSuspiciousIsToBeLookedAtAgainOnce) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  EXPECT_TRUE(attempt(both_added(1, 2, 2, 8)).looks.empty());
  EXPECT_EQ(attempt(both_added(1, 1, 1, 8)).looks, std::vector{2});
  EXPECT_TRUE(attempt(looked_at_again(both_added(1, 1, 1, 8))).looks.empty());
  EXPECT_EQ(hearing_.ledger().hits(), 1);
  outcome::Outcome look;
  look.later = both_added(1, 1, 1, 8).after;
  EXPECT_TRUE(hearing_.hear_look(2, look).looks.empty());
  EXPECT_EQ(hearing_.ledger().hits(), 2);
}

TEST_F(HearingTest, WhatASecondLookExplainsWasALateRead) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)attempt(both_added(1, 2, 1, 8));
  EXPECT_TRUE(hearing_.ledger().suspect);
  outcome::Outcome look;
  look.later = both_added(1, 2, 2, 8).after;
  (void)hearing_.hear_look(1, look);
  EXPECT_TRUE(last_attempt().explained());
  EXPECT_TRUE(last_attempt().judgement.eventual);
  EXPECT_FALSE(hearing_.ledger().suspect);
}

TEST_F(HearingTest, AfterALateReadAttemptsWaitLonger) {
  for (const Use use : {Use::learning, Use::learning, Use::late}) (void)serial(use, 8);
  outcome::Outcome look;
  look.later = both_added(1, 2, 2, 8).after;
  for (const int settle_ms : {25, 50, 100, 200, 400, 500, 500}) {
    (void)attempt(both_added(1, 2, 1, 8));
    (void)hearing_.hear_look(last_attempt().number, look);
    EXPECT_TRUE(last_attempt().judgement.eventual);
    EXPECT_EQ(hearing_.ledger().settle, milliseconds(settle_ms));
  }
}

TEST_F(HearingTest, AReadTooEarlyThatNobodyCanRepeatSaysNothing) {
  for (const int lanes : {1, 2}) {
    hearing_.use_lanes(lanes);
    hearing_.start_over();
    for (const Use use : {Use::learning, Use::learning, Use::late}) (void)serial(use, 8);
    (void)attempt(both_added(1, 2, 1, 8));
    (void)attempt(both_added(1, 2, 1, 8));
    outcome::Outcome look;
    look.later = both_added(1, 2, 2, 8).after;
    (void)hearing_.hear_look(2, look);  // in one lane the second reset has undone the first attempt
    EXPECT_EQ(hearing_.ledger().attempts[0].suspicious(), lanes == 2);
    EXPECT_EQ(hearing_.ledger().suspect.has_value(), lanes == 2);
    EXPECT_FALSE(hearing_.ledger().attempts[0].effort);
  }
}

TEST_F(HearingTest, AnErrorUnderContentionStandsWithTheFirstControlAfterTwo) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  outcome::Outcome failed = both_added(1, 1, 1, 8);
  failed.answers[1].steps[0].status = 500;
  failed.answers[1].ok = false;
  failed.answers[1].indeterminate = true;
  (void)attempt(failed);
  (void)serial(Use::control, 8);
  EXPECT_FALSE(hearing_.over());
  (void)attempt(failed);
  EXPECT_EQ(hearing_.ledger().contention_error(), nullptr) << "nobody was answered since";
  (void)serial(Use::control, 8);
  EXPECT_NE(hearing_.ledger().contention_error(), nullptr);
  EXPECT_TRUE(hearing_.over());
}

/// The network may lose one, and a target that stops for a moment all that are in flight.
TEST_F(HearingTest, AMissingAnswerHasToStandTheTestOfAValueThatFlips) {
  for (const Use use : {Use::learning, Use::learning, Use::late}) (void)serial(use, 8);
  outcome::Outcome lost = both_added(1, 1, 1, 8);
  lost.answers[1].steps[0] = {.error = "closed"};
  lost.answers[1].ok = false;
  lost.answers[1].indeterminate = true;
  for (int i = 0; i < 2; ++i) (void)attempt(lost);
  const auto& errors = hearing_.ledger().errors;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(hearing_.ledger().lacks_controls(errors.begin()->second));
  for (int i = 0; i < 16; ++i) (void)serial(Use::control, 8);
  EXPECT_EQ(hearing_.ledger().contention_error(), nullptr) << "2 of 2, and 19 serial runs";
  EXPECT_FALSE(hearing_.over());
  (void)serial(Use::control, 8);
  EXPECT_NE(hearing_.ledger().contention_error(), nullptr);
  EXPECT_TRUE(hearing_.over());
}

TEST_F(HearingTest, AnErrorThatASerialRunHasTooIsNotOfContention) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  outcome::Outcome failed = both_added(1, 1, 1, 8);
  failed.answers[1].steps[0].status = 500;
  failed.answers[1].ok = false;
  failed.answers[1].indeterminate = true;
  (void)attempt(failed);
  (void)attempt(failed);
  (void)hearing_.hear_serial(order(), Use::control, failed);
  EXPECT_EQ(hearing_.ledger().contention_error(), nullptr);
  EXPECT_FALSE(hearing_.ledger().baseline) << "one control is told 200, and one 500";
}

TEST_F(HearingTest, ResetsThatDifferAfterAllEndTheBaseline) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  (void)attempt(both_added(1, 2, 2, 8));
  EXPECT_TRUE(last_attempt().explained());
  outcome::Outcome other = both_added(1, 2, 2, 8);
  other.before[0].status = 404;
  (void)hearing_.hear_serial(order(), Use::control, other);
  EXPECT_FALSE(hearing_.ledger().baseline);
  EXPECT_FALSE(hearing_.ledger().reset_conflicts.empty());
  EXPECT_TRUE(hearing_.over());
}

TEST_F(HearingTest, ALateRunThatDisagreesEndsTheBaseline) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::learning, 8);
  (void)attempt(both_added(1, 2, 2, 8));
  EXPECT_TRUE(last_attempt().explained());
  outcome::Outcome other = both_added(1, 2, 2, 8);
  other.answers[1].steps[0].status = 201;
  const trial::News news = hearing_.hear_serial(order(), Use::late, other);
  EXPECT_TRUE(news.disagreement);
  EXPECT_FALSE(hearing_.ledger().baseline);
  (void)hearing_.do_without_baseline();
  EXPECT_EQ(last_attempt().judgement.is, Is::unjudged);
  EXPECT_TRUE(hearing_.ledger().explained_by.empty());
  EXPECT_TRUE(hearing_.over());
}

/// All runs of its only order are alone until controls are mixed in.
TEST_F(HearingTest, AControlBesideOthersThatDisagreesIsLearntAnewInOneLane) {
  hearing_.use_lanes(4);
  for (const Use use : {Use::learning, Use::learning, Use::late}) (void)serial(use, 8);
  outcome::Outcome other = both_added(1, 2, 2, 8);
  other.answers[1].steps[0].status = 201;
  const trial::News news = hearing_.hear_serial(order(), Use::control, other);
  ASSERT_TRUE(news.disagreement);
  EXPECT_EQ(news.disagreement->code, record::RemarkCode::one_lane_runs_differ);
  EXPECT_FALSE(hearing_.over());
  EXPECT_FALSE(hearing_.ledger().without_baseline()) << "not yet";
}

TEST_F(HearingTest, WhoHadToWaitIsANearMiss) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  EXPECT_EQ(hearing_.ledger().alone, std::vector<schedule::Alone>{{milliseconds(1)}});
  outcome::Outcome outcome = both_added(1, 2, 2, 8);
  outcome.answers[1].steps[0].answered = milliseconds(3);
  EXPECT_TRUE(attempt(outcome).hints.empty());
  outcome.answers[1].steps[0].answered = milliseconds(4);
  const trial::News news = attempt(outcome);
  ASSERT_EQ(news.hints.size(), 1u);
  EXPECT_TRUE(news.hints[0].sign.near_miss);
  EXPECT_FALSE(news.hints[0].sign.hit);
  // From the release on: before it, it waited for the others.
  outcome.answers[1].steps[0].released = milliseconds(2);
  EXPECT_TRUE(attempt(outcome).hints.empty());
}

TEST(Hearing, OfTwoScriptsTheSweepIsToldWhoCameFirst) {
  scenario::Scenario scenario = two_additions();
  scenario.race = {{.name = "a", .steps = {{.method = "PUT"}}},
                   {.name = "b", .steps = {{.method = "PUT"}}}};
  const expression::Evaluate evaluate = plain_paths;
  trial::Hearing hearing(scenario, evaluate, 1, false);
  const auto ended_with = [](int last, std::vector<int> turns) {
    outcome::Outcome outcome = both_added(0, 0, last, 8);
    for (std::size_t i = 0; i < turns.size(); ++i)
      outcome.answers[i].entry = {.script = turns[i], .copy = 0};
    return outcome;
  };
  for (const trial::Use use : {trial::Use::learning, trial::Use::late})
    for (const int first : {0, 1}) {
      const int last = 1 - first;
      (void)hearing.hear_serial({.roles = {first, last}}, use, ended_with(last, {first, last}));
    }
  for (const int first : {0, 1}) {
    const trial::News news = hearing.hear_attempt({}, ended_with(1 - first, {0, 1}));
    ASSERT_EQ(news.hints.size(), 1u);
    EXPECT_EQ(news.hints[0].sign.first, first);
  }
}

TEST_F(HearingTest, ADisagreementCanBeLearntAnew) {
  (void)serial(Use::learning, 8);
  outcome::Outcome other = both_added(1, 2, 2, 8);
  other.answers[1].steps[0].status = 201;
  EXPECT_TRUE(hearing_.hear_serial(order(), Use::learning, other).disagreement);
  hearing_.start_over();
  (void)serial(Use::late, 8);
  EXPECT_TRUE(hearing_.ledger().baseline);
  EXPECT_TRUE(hearing_.learnt());
}

// Without a baseline there are rules. `.after.counter.body.two` says whether the count is two, and
// `lucky` flips by itself: no two runs of the order agree.
class RulesAlone : public HearingTest {
 protected:
  RulesAlone() {
    scenario_.rules.push_back({.name = "two", .holds = scenario::Expression{two, {}}});
  }
  static constexpr const char* two = ".after.counter.body.two";

  outcome::Outcome added(int count, bool in_the_state) {
    outcome::Outcome outcome = both_added(1, 2, count, 8);
    outcome.after[0].body.as_object()["two"] = count == 2;
    lucky_ = !lucky_;
    (in_the_state ? outcome.after : outcome.before)[0].body.as_object()["lucky"] = lucky_;
    return outcome;
  }
  static outcome::Outcome with_luck(bool lucky) {
    outcome::Outcome outcome = both_added(1, 2, 2, 8);
    outcome.after[0].body.as_object()["two"] = true;
    outcome.after[0].body.as_object()["lucky"] = lucky;
    return outcome;
  }
  void are_proven(bool flips_in_the_state) {
    serial_run(Use::learning, flips_in_the_state);
    serial_run(Use::late, flips_in_the_state);
    EXPECT_TRUE(hearing_.ledger().without_baseline());
    for (const int count : {2, 2, 1, 1, 1})
      (void)attempt(looked_at_again(added(count, flips_in_the_state)));
    EXPECT_EQ(hearing_.ledger().hits(), 3);
    EXPECT_EQ(hearing_.ledger().judged(), 5) << "the rule held in two";
    for (int i = 0; i < 20; ++i) serial_run(Use::proof, flips_in_the_state);
    EXPECT_FALSE(hearing_.over()) << "(5 / 25)^3 is enough, but no run had a pause";
    for (int i = 0; i < 2; ++i) serial_run(Use::paused_proof, flips_in_the_state);
    EXPECT_TRUE(hearing_.ledger().proven);
    ASSERT_EQ(last_attempt().broken.size(), 1u);
    EXPECT_EQ(last_attempt().broken.front().name, "two");
    EXPECT_EQ(hearing_.ledger().hits(), 3);
    EXPECT_EQ(hearing_.ledger().judged(), 5);
  }

 private:
  void serial_run(Use use, bool in_the_state) {
    if (hearing_.hear_serial(order(), use, added(2, in_the_state)).disagreement)
      (void)hearing_.do_without_baseline();
  }

  bool lucky_ = false;
};

TEST_F(RulesAlone, AreProvenWhereRunsDiffer) { are_proven(true); }
TEST_F(RulesAlone, AreProvenWhereResetsDiffer) { are_proven(false); }

TEST_F(RulesAlone, GoOnWhereTheBaselineEndsInMidRun) {
  for (int i = 0; i < 3; ++i)
    (void)hearing_.hear_serial(order(), i < 2 ? Use::learning : Use::late, with_luck(true));
  EXPECT_TRUE(hearing_.ledger().baseline);
  (void)attempt(looked_at_again(with_luck(true)));
  (void)hearing_.hear_serial(order(), Use::control, with_luck(false));
  EXPECT_TRUE(hearing_.ledger().without_baseline());
  EXPECT_FALSE(hearing_.over());
  EXPECT_EQ(hearing_.ledger().judged(), 1) << "the rule held in it";
  EXPECT_EQ(hearing_.ledger().counted(), 0) << "no order explains it any more";
}

TEST_F(HearingTest, AFailureEndsTheRunAndNamesItsPlace) {
  outcome::Outcome failed;
  failed.failure = outcome::Failure{
      outcome::Failure::Kind::unexpected, "POST /things: found 500", {.line = 7, .column = 3}};
  (void)hearing_.hear_serial(order(), Use::learning, failed);
  EXPECT_TRUE(hearing_.over());
  ASSERT_TRUE(hearing_.ledger().ending);
  EXPECT_EQ(hearing_.ledger().ending->is, record::Ending::target_lost);
  const record::Reason& reason = hearing_.ledger().ending->reason;
  EXPECT_EQ(reason.code, record::ReasonCode::target_lost);
  EXPECT_EQ(base::to_text(reason.with),
            R"({"cause":"POST /things: found 500","line":7,"column":3,"during":"serial_run",)"
            R"("order":{"turns":[{"script":"add","step":0,"times":2}]},"attempt":0})");
}

}  // namespace
