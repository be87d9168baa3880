#include "finding/summary.h"

#include <gtest/gtest.h>

#include "finding/evidence_testing.h"
#include "finding/learnt.h"
#include "finding/tried.h"

namespace {

using finding::Bench;
using finding::told;
using record::Place;
using Is = oracle::Judgement::Is;

TEST(Record, HasWhatTheRunAndTheScenarioAre) {
  Bench bench({{"take", 2, 3}, {"give"}}, [](scenario::Scenario& scenario) {
    scenario.id = "thing";
    scenario.name = "A thing";
    scenario.targets = {"http://127.0.0.1:1"};
    scenario.race[0].place = {12, 5};
    scenario.race[1].place = {20, 5};
    scenario.race[1].label = "the giver";
    scenario.rules.push_back({.name = "fair", .place = {30, 3}});
  });
  const record::Record record =
      record_of(bench.evidence(), {.tool = "deadheat 1",
                                   .run = "abc",
                                   .seed = 7,
                                   .started_at = "2026-01-01T00:00:00Z",
                                   .elapsed = std::chrono::milliseconds(1500)});
  EXPECT_EQ(record.version, 2);
  EXPECT_EQ(record.tool, "deadheat 1");
  EXPECT_EQ(record.run, "abc");
  EXPECT_EQ(record.scenario_file, "thing.yaml");
  EXPECT_EQ(record.scenario_id, "thing");
  EXPECT_EQ(record.scenario_name, "A thing");
  EXPECT_EQ(record.targets, std::vector<std::string>{"http://127.0.0.1:1"});
  EXPECT_EQ(record.seed, 7u);
  EXPECT_EQ(record.started_at, "2026-01-01T00:00:00Z");
  EXPECT_EQ(record.duration_s, 1.5);
  EXPECT_EQ(record.entries, (std::vector<std::string>{"take[0]", "take[1]", "give"}));
  ASSERT_EQ(record.scripts.size(), 2u);
  EXPECT_EQ(record.scripts[0].name, "take");
  EXPECT_EQ(record.scripts[0].label, "");
  EXPECT_EQ(record.scripts[0].steps, 3);
  EXPECT_EQ(record.scripts[0].source.line, 12);
  EXPECT_EQ(record.scripts[0].source.column, 5);
  EXPECT_EQ(record.scripts[1].label, "the giver");
  ASSERT_EQ(record.rules.size(), 1u);
  EXPECT_EQ(record.rules[0].name, "fair");
  EXPECT_EQ(record.rules[0].source.line, 30);
  finding::can_be_read_again(record);
}

// -- what was learnt

TEST(Learnt, ShowsOfEachOrderWhatTellsItFromOthers) {
  Bench bench({{"take"}, {"give"}});
  const char* before = R"({"by": "nobody", "id": 7})";
  bench.learn({0, 1}, {{told(200), told(409)}, before, R"({"by": "take", "id": 7})"});
  bench.learn({1, 0}, {{told(200), told(409)}, before, R"({"by": "give", "id": 7})"});
  (void)bench.attempt({{told(200), told(409)}, before, R"({"by": "take", "id": 7})"});
  const record::Learnt learnt = finding::what_was_learnt(bench.evidence());
  EXPECT_EQ(learnt.serial_runs, 4);
  ASSERT_EQ(learnt.orders.size(), 2u);
  const record::LearntOrder& first = learnt.orders[0];
  EXPECT_EQ(first.order, (record::Order{{{"take"}, {"give"}}}));
  EXPECT_FALSE(first.others_turned_away);
  EXPECT_EQ(first.runs, 2);
  EXPECT_EQ(first.outcome, 0);
  EXPECT_EQ(first.explained, 1);
  ASSERT_EQ(first.answers.size(), 2u);
  EXPECT_EQ(first.answers[1].script, "give");
  EXPECT_EQ(first.answers[1].statuses, std::vector{409});
  EXPECT_FALSE(first.answers[1].stopped);
  ASSERT_EQ(first.state.size(), 1u);
  EXPECT_EQ(first.state[0].name, "thing");
  EXPECT_EQ(first.state[0].status, 200);
  EXPECT_EQ(first.state[0].body, R"({"by":"take"})") << "the id is the same in every order";
  EXPECT_EQ(learnt.orders[1].outcome, 1);
  EXPECT_EQ(learnt.orders[1].explained, 0);
}

TEST(Learnt, CountsEqualAnswersOfNeighboursAndCallsOfSinks) {
  Bench bench({{"pay", 3, 2}},
              [](scenario::Scenario& scenario) { scenario.sinks.push_back({.name = "bank"}); });
  const finding::Heard paid{{{200, "{}"}, {201, "{}"}}}, stopped{{{200, "{}"}}, true};
  bench.learn({0, 1, 2}, {{paid, stopped, stopped}, "{}", "{}", 200, {"5"}});
  const auto learnt = finding::what_was_learnt(bench.evidence());
  ASSERT_EQ(learnt.orders.size(), 1u);
  EXPECT_EQ(learnt.orders[0].order, (record::Order{{{"pay", 0, 3}}}));
  const auto& answers = learnt.orders[0].answers;
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].statuses, (std::vector{200, 201}));
  EXPECT_EQ(answers[0].times, 1);
  EXPECT_EQ(answers[1].times, 2);
  EXPECT_TRUE(answers[1].stopped);
  const auto& state = learnt.orders[0].state;
  ASSERT_EQ(state.size(), 2u);
  EXPECT_TRUE(state[1].of_sink);
  EXPECT_EQ(state[1].name, "bank");
  EXPECT_EQ(state[1].calls, 1);
}

TEST(Learnt, OrdersWithTheSameOutcomeHaveTheSameNumber) {
  Bench bench({{"a"}, {"b"}, {"c"}});
  std::vector<int> who = {0, 1, 2};
  do {
    std::vector<finding::Heard> heard;
    for (std::size_t i = 0; i < 3; ++i) heard.push_back(told(i == 0 ? 200 : 409));
    bench.learn(who, {heard, "{}", base::to_text(json::object{{"by", who[0]}})});
  } while (std::next_permutation(who.begin(), who.end()));
  std::vector<int> outcomes;
  for (const auto& line : finding::what_was_learnt(bench.evidence()).orders)
    outcomes.push_back(line.outcome);
  EXPECT_EQ(outcomes, (std::vector{0, 0, 1, 1, 2, 2}));
}

TEST(Learnt, OutcomesAreUnknownWithoutABaseline) {
  Bench bench({{"add", 2}});
  (void)bench.serial({0, 1}, {{told(200), told(200)}, "{}", R"({"n": 2})"}, trial::Use::learning);
  const auto learnt = finding::what_was_learnt(bench.evidence());
  ASSERT_EQ(learnt.orders.size(), 1u);
  EXPECT_EQ(learnt.orders[0].outcome, -1);
}

TEST(Learnt, AnOrderOfAPartIsShownWhereItExplains) {
  const auto bench = finding::one_winner();
  (void)bench->attempt({{told(200), told(503)}, R"({"by": "nobody"})", R"({"by": "take"})"});
  const auto learnt = finding::what_was_learnt(bench->evidence());
  ASSERT_EQ(learnt.orders.size(), 3u);
  EXPECT_EQ(learnt.orders[2].order, (record::Order{{{"take"}}}));
  EXPECT_TRUE(learnt.orders[2].others_turned_away);
  EXPECT_EQ(learnt.orders[2].explained, 1);
}

TEST(Learnt, WhatChangesByItselfHasAPlace) {
  Bench bench({{"ask", 2}});
  const auto run = [&](int id, const char* list) {
    return finding::Happened{
        {told(200, base::to_text(json::object{{"id", id}})), told(200)}, "{}", list};
  };
  (void)bench.serial({0, 1}, run(17, R"({"of": ["a", "b"]})"), trial::Use::learning);
  (void)bench.serial({0, 1}, run(18, R"({"of": ["b", "a"]})"), trial::Use::late);
  const auto places = finding::what_was_learnt(bench.evidence()).volatile_places;
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].place, (Place{Place::In::answer, "ask[]", 1, Place::Part::body, "/id"}));
  EXPECT_EQ(places[0].is, record::Volatile::Is::slot);
  EXPECT_EQ(places[0].example, "18");
  EXPECT_EQ(places[1].place, (Place{Place::In::state, "thing", 0, Place::Part::body, "/of"}));
  EXPECT_EQ(places[1].is, record::Volatile::Is::any_order);
}

TEST(Learnt, TheOrdersOfASampleAreCounted) {
  Bench bench({{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}});
  const auto learnt = finding::what_was_learnt(bench.evidence());
  ASSERT_EQ(learnt.remarks.size(), 1u);
  EXPECT_EQ(learnt.remarks[0].code, record::RemarkCode::sampled_orders);
  EXPECT_EQ(learnt.remarks[0].with.at("orders"), 120);
  finding::has_its_members(learnt.remarks[0]);
  EXPECT_TRUE(finding::what_was_learnt(finding::one_winner()->evidence()).remarks.empty());
}

// -- what was tried

trial::Attempt attempt_of(Is is, schedule::Schedule schedule = {}) {
  trial::Attempt attempt;
  attempt.judgement.is = is;
  attempt.looked_again = true;
  attempt.schedule = std::move(schedule);
  return attempt;
}

/// A run of two that has these attempts.
record::Record record_with(const std::vector<trial::Attempt>& attempts) {
  const auto bench = finding::one_winner();
  trial::Ledger ledger = bench->ledger();
  ledger.attempts = attempts;
  int number = 0;
  for (trial::Attempt& attempt : ledger.attempts) attempt.number = ++number;
  return record_of(bench->evidence_of(ledger), {});
}

TEST(Tried, SaysWhatCameOfEachAttempt) {
  using Result = record::Attempt::Result;
  const auto explained = [](std::vector<oracle::Order> orders, std::vector<int> out = {}) {
    trial::Attempt attempt = attempt_of(Is::explained);
    attempt.judgement.orders = std::move(orders);
    attempt.judgement.out = std::move(out);
    return attempt;
  };
  const oracle::Order take{{0}, {}}, both{{0, 1}, {}}, reverse{{1, 0}, {}};
  trial::Attempt permitted = attempt_of(Is::contradicts), hasty = permitted, detail = permitted,
                 broke = explained({both});
  permitted.permit = "it is known";
  hasty.looked_again = false;
  detail.judgement.layer = oracle::Layer::detail;
  broke.broken.push_back({.name = "fair"});
  struct Case {
    trial::Attempt attempt;
    Result result;
  };
  const Case cases[] = {
      {explained({both}), Result::one_order},
      {explained({both, reverse}), Result::either_order},
      {explained({both, reverse, take}), Result::several_orders},
      {explained({take}, {1}), Result::some_refused},
      {explained({{}}, {0, 1}), Result::everyone_refused},
      {detail, Result::detail},
      {permitted, Result::permitted},
      {hasty, Result::no_order_at_first},
      {attempt_of(Is::contradicts), Result::no_order},
      {broke, Result::rule_broke},
      {attempt_of(Is::unjudged), Result::not_judged},
      {attempt_of(Is::needs_runs), Result::not_judged},
  };
  std::vector<trial::Attempt> attempts;
  for (const Case& c : cases) attempts.push_back(c.attempt);
  const record::Record record = record_with(attempts);
  ASSERT_EQ(record.attempts.size(), std::size(cases));
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(record.attempts[i].result, cases[i].result) << i;
    EXPECT_EQ(record.attempts[i].attempt, static_cast<int>(i) + 1);
    const bool hit = cases[i].result == Result::no_order || cases[i].result == Result::rule_broke;
    EXPECT_EQ(record.attempts[i].hit, hit) << i;
  }
  EXPECT_EQ(record.attempts[0].order, (record::Order{{{"take"}, {"give"}}}));
  EXPECT_EQ(record.attempts[3].refused, std::vector<std::string>{"give"});
  EXPECT_EQ(record.tried.permitted, 1);
  EXPECT_EQ(record.tried.unjudged, 2);
  EXPECT_EQ(record.tried.explained, 6);
}

TEST(Tried, CountsTheMannersOfRelease) {
  using std::chrono::milliseconds;
  const schedule::Schedule held{.offsets = {milliseconds(0), milliseconds(4)}, .sequence = {0, 1}};
  schedule::Schedule body = held, earlier = held;
  body.hold = schedule::Hold::body;
  body.gate = 1;
  body.connections = schedule::Connections::shared;
  earlier.offsets = {milliseconds(3), milliseconds(0)};
  const record::Record record =
      record_with({attempt_of(Is::explained, held), attempt_of(Is::explained, body),
                   attempt_of(Is::explained, earlier)});
  ASSERT_EQ(record.tried.manners.size(), 2u);
  const auto& [headers, other] = std::tie(record.tried.manners[0], record.tried.manners[1]);
  EXPECT_EQ(headers.hold, record::Schedule::Hold::headers);
  EXPECT_EQ(headers.before_step, 1);
  EXPECT_EQ(headers.attempts, 2);
  EXPECT_EQ(other.hold, record::Schedule::Hold::body);
  EXPECT_EQ(other.connections, record::Schedule::Connections::shared);
  EXPECT_EQ(other.before_step, 2);
  EXPECT_EQ(other.attempts, 1);
  EXPECT_EQ(record.tried.offset_low_ms, -3);
  EXPECT_EQ(record.tried.offset_high_ms, 4);
  EXPECT_EQ(record.attempts[2].lag_ms, -3);
}

/// Where only so many can be kept, hits go before the others, those after the proof too.
TEST(Tried, KeepsEveryHitAndTheFirstOfTheOthers) {
  constexpr int copies = 1000, kept = 200, misses = 250, hits = 50;
  Bench bench({{"take", copies}});
  trial::Ledger ledger;
  for (int i = 1; i <= misses + hits; ++i) {
    trial::Attempt attempt{.number = i, .after_proof = i > misses};
    attempt.schedule.offsets.resize(copies);
    if (i > misses)
      attempt.broken.push_back({.name = "the-rule"});
    else
      attempt.judgement.is = Is::explained;
    ledger.attempts.push_back(std::move(attempt));
  }
  const auto attempts = finding::attempts_in_turn(bench.evidence_of(ledger));
  ASSERT_EQ(attempts.size(), static_cast<std::size_t>(kept));
  EXPECT_EQ(attempts[kept - hits - 1].attempt, kept - hits);
  EXPECT_EQ(attempts[kept - hits].attempt, misses + 1);
  EXPECT_EQ(std::count_if(attempts.begin(), attempts.end(),
                          [](const record::Attempt& attempt) { return attempt.hit; }),
            hits);
}

// -- what happened in the one that is shown

TEST(Timeline, HasEveryStepOfEveryScript) {
  using Result = record::Part::Result;
  Bench bench({{"ok"}, {"refused"}, {"failed"}, {"unanswered"}, {"stopped", 1, 2}},
              [](scenario::Scenario& scenario) {
                scenario.race[0].label = "somebody";
                scenario.race[0].steps[0].say = "please";
                scenario.race[0].steps[0].target.text = "/things/{{thing}}";
              });
  outcome::Outcome outcome = bench.outcome(
      bench.everyone(),
      {{told(200, R"({"n": 1})"), told(409), told(500), told(0), {{{200, "{}"}}, true}}});
  outcome.bindings["thing"] = 7;
  using std::chrono::milliseconds;
  for (outcome::Answer& answer : outcome.answers) {
    answer.steps[0].sent = milliseconds(10);
    answer.steps[0].released = milliseconds(10);
    answer.steps[0].answered = milliseconds(13);
  }
  outcome.answers[1].steps[0].sent = milliseconds(8);  // and waited at the gate
  outcome.answers[3].steps[0].error = "timed out after 30 s";
  (void)bench.hearing->hear_attempt({}, outcome);
  const auto timeline = bench.finding().timeline;
  ASSERT_EQ(timeline.size(), 5u);
  const std::vector results = {timeline[0].result, timeline[1].result, timeline[2].result,
                               timeline[3].result, timeline[4].result};
  EXPECT_EQ(results, (std::vector{Result::ok, Result::refused, Result::failed, Result::no_answer,
                                  Result::stopped}));
  EXPECT_EQ(timeline[4].stopped_before, 2);
  EXPECT_EQ(timeline[0].stopped_before, 0);
  EXPECT_EQ(timeline[0].label, "somebody");
  EXPECT_EQ(timeline[1].label, "");
  const record::Move& move = timeline[0].moves.at(0);
  EXPECT_EQ(move.request, "PUT /things/7");
  EXPECT_EQ(move.say, "please");
  EXPECT_EQ(move.status, 200);
  EXPECT_EQ(move.answer, R"({"n":1})");
  EXPECT_EQ(move.sent_ms, 2) << "since the first";
  EXPECT_EQ(move.released_ms, -1);
  EXPECT_EQ(move.answered_ms, 5);
  EXPECT_EQ(timeline[1].moves[0].sent_ms, 0);
  EXPECT_EQ(timeline[1].moves[0].released_ms, 2);
  EXPECT_EQ(timeline[3].moves[0].error, "timed out after 30 s");
}

// -- how few are enough

TEST(Fewest, IsTheGroupThatRaced) {
  scenario::Scenario scenario;
  scenario.race = {{.name = "redeem", .times = 5, .steps = {{}}},
                   {.name = "refund", .steps = {{}}}};
  const auto group = [](const record::Group& of) {
    std::vector<std::pair<std::string, int>> members;
    for (const auto& member : of.members) members.emplace_back(member.script, member.times);
    return members;
  };
  using Members = std::vector<std::pair<std::string, int>>;
  using Raced = trial::GroupTrial;
  const auto fewest = finding::fewest_of(
      {.group = {2, 1},
       .trial = Raced{.is = Raced::Is::race, .hits = 3, .judged = 4, .serial = 20},
       .quiet = {{2, 0}, {1, 1}}},
      scenario);
  EXPECT_EQ(fewest.scripts, 3);
  EXPECT_EQ(fewest.of, 6);
  EXPECT_EQ(group(fewest.group), (Members{{"redeem", 2}, {"refund", 1}}));
  ASSERT_EQ(fewest.quiet.size(), 2u);
  EXPECT_EQ(group(fewest.quiet[0]), (Members{{"redeem", 2}}));
  EXPECT_EQ(group(fewest.quiet[1]), (Members{{"redeem", 1}, {"refund", 1}}));
  EXPECT_EQ(fewest.concurrent.hits, 3);
  EXPECT_EQ(fewest.serial.of, 20);
  EXPECT_FALSE(fewest.cut_short);
  const auto all = finding::fewest_of({.group = {5, 1}, .cut_short = true}, scenario);
  EXPECT_EQ(all.scripts, 0) << "none smaller was seen to race";
  EXPECT_EQ(all.of, 6);
  EXPECT_TRUE(all.cut_short);
}

}  // namespace
