#include "finding/verdict.h"

#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>
#include <set>

#include "finding/caveats.h"
#include "finding/evidence_testing.h"
#include "finding/notes.h"
#include "oracle/place.h"
#include "trial/effort.h"

namespace {

using finding::Bench;
using finding::Happened;
using finding::told;
using record::Ending;
using record::Exit;
using record::ReasonCode;
using record::RemarkCode;
using record::StepCode;
using record::Value;
using record::Verdict;
using trial::Use;
using Is = oracle::Judgement::Is;

const Happened first_wins{{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "take"})"};
const Happened second_wins{{told(409), told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"};
const Happened both_win{{told(200), told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"};

/// The record of one_winner() whose ledger was changed. It can be read again.
template <class Change>
record::Record record_with(const Change& change) {
  const auto bench = finding::one_winner();
  trial::Ledger ledger = bench->ledger();
  change(ledger);
  record::Record record = record_of(bench->evidence_of(ledger), {});
  finding::can_be_read_again(record);
  return record;
}

/// Enough effort, and each winner.
void earn(trial::Ledger& ledger) {
  for (int i = 0; i < trial::least_effort; ++i) {
    trial::Attempt attempt{.number = i + 1};
    attempt.judgement.is = Is::explained;
    attempt.overlapped = attempt.effort = true;
    ledger.attempts.push_back(attempt);
  }
  ledger.explained_by[{{0, 1}, {}}] = 30;
  ledger.explained_by[{{1, 0}, {}}] = 29;
}

std::vector<ReasonCode> reasons_of(const record::Record& record) {
  std::vector<ReasonCode> codes;
  for (const record::Reason& reason : record.reasons) codes.push_back(reason.code);
  return codes;
}
std::vector<StepCode> steps_of(const record::Record& record) {
  std::vector<StepCode> codes;
  for (const record::NextStep& step : record.next_steps) codes.push_back(step.code);
  return codes;
}
std::vector<RemarkCode> codes_of(const std::vector<record::Remark>& remarks) {
  std::vector<RemarkCode> codes;
  for (const record::Remark& remark : remarks) codes.push_back(remark.code);
  return codes;
}

/// What is said of two values, how often each was seen, and how many more there are.
struct Values {
  std::vector<std::pair<Value, std::int64_t>> listed;
  std::int64_t more = 0;
};
Values values_of(const record::Reason& reason) {
  Values values{.more = reason.with.at("more").to_number<std::int64_t>()};
  for (const json::value& each : reason.with.at("values").as_array())
    values.listed.emplace_back(record::value_from(each.at("value")),
                               each.at("runs").to_number<std::int64_t>());
  return values;
}

// -- the four verdicts

TEST(Verdict, IsCleanWhenItIsEarned) {
  const record::Record record = record_with(earn);
  EXPECT_EQ(record.verdict, Verdict::clean);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::clean));
  EXPECT_TRUE(record.reasons.empty() && record.next_steps.empty() && record.findings.empty());
}

TEST(Verdict, IsInconclusiveWhereEffortIsMissing) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    earn(ledger);
    ledger.attempts.pop_back();
  });
  EXPECT_EQ(record.verdict, Verdict::inconclusive);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::inconclusive));
  EXPECT_EQ(reasons_of(record), std::vector{ReasonCode::too_little_effort});
  EXPECT_EQ(steps_of(record), std::vector{StepCode::raise_attempts});
}

TEST(Verdict, IsRaceOnceItIsProven) {
  const auto bench = finding::one_winner();
  for (int i = 0; i < 2; ++i) (void)bench->attempt(both_win);
  const auto fresh = [&](Use use) {
    for (const std::vector<int>& who : {std::vector<int>{0, 1}, {1, 0}})
      (void)bench->serial(who,
                          who[0] == 0
                              ? first_wins
                              : Happened{first_wins.heard, first_wins.before, second_wins.after},
                          use);
  };
  EXPECT_EQ(bench->record().verdict, Verdict::inconclusive);
  for (int i = 0; i < 20; ++i) fresh(Use::proof);
  for (int i = 0; i < 2; ++i) fresh(Use::paused_proof);
  ASSERT_TRUE(bench->ledger().proven);
  const record::Record record = bench->record();
  EXPECT_EQ(record.verdict, Verdict::race);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::found));
  ASSERT_EQ(record.findings.size(), 1u);
  EXPECT_EQ(record.findings[0].attempt, 1);
  EXPECT_EQ(record.findings[0].concurrent.hits, 2);
  EXPECT_EQ(record.findings[0].concurrent.of, 2);
  EXPECT_EQ(record.findings[0].serial.of, bench->ledger().fresh_serial);
  EXPECT_TRUE(record.reasons.empty() && record.next_steps.empty());
  finding::can_be_read_again(record);
}

/// A rule that looks at what is masked.
void add_rule(scenario::Scenario& scenario) {
  const scenario::Expression fair{".after.thing.body.fair", {}};
  scenario.rules.push_back({.name = "fair", .holds = fair});
  scenario.mask.push_back(fair);
}

TEST(Verdict, IsBrokenWhereARuleBreaksSerially) {
  const auto bench = finding::one_winner(add_rule);
  const record::Record record = bench->record();
  EXPECT_EQ(record.verdict, Verdict::broken);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::found));
  EXPECT_EQ(record.findings.at(0).kind, record::Kind::missing_check);
  EXPECT_EQ(steps_of(record), std::vector{StepCode::fix_server_or_rule});
  finding::can_be_read_again(record);
}

TEST(Verdict, ShowsAnAttemptThatWasLookedAtAgain) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    trial::Attempt hasty{.number = 1};
    hasty.judgement.is = Is::contradicts;
    trial::Attempt sure = hasty;
    sure.number = 2;
    sure.looked_again = true;
    ledger.attempts = {hasty, sure};
    for (trial::Attempt& attempt : ledger.attempts) {
      attempt.reading.told.resize(2);
      attempt.reading.told[1].entry = attempt.reading.told[1].script = 1;
      attempt.reading.before.tree = attempt.reading.after.tree = json::object();
    }
    ledger.suspect = 0;
    ledger.proven = true;
  });
  EXPECT_EQ(record.findings.at(0).attempt, 2);
}

// -- errors under contention

Happened counted(int second_status, int count) {
  return {{told(200, R"({"count": 1})"), told(second_status, R"({"count": 2})")},
          R"({"count": 0})",
          base::to_text(json::object{{"count", count}})};
}

std::unique_ptr<Bench> with_errors(int failed) {
  auto bench = finding::additions();
  (void)bench->serial({0, 1}, counted(200, 2), Use::control);
  for (int i = 0; i < failed; ++i) (void)bench->attempt(counted(500, 1));
  (void)bench->serial({0, 1}, counted(200, 2), Use::control);
  return bench;
}

TEST(Verdict, IsRaceWhereAnErrorIsSeenTwiceAndNeverAlone) {
  const record::Record twice = with_errors(2)->record();
  EXPECT_EQ(twice.verdict, Verdict::race);
  EXPECT_EQ(twice.findings.at(0).kind, record::Kind::error_under_contention);
  EXPECT_TRUE(codes_of(twice.notes).empty() ||
              codes_of(twice.notes) == std::vector{RemarkCode::indeterminate});
  const record::Record once = with_errors(1)->record();
  EXPECT_EQ(once.verdict, Verdict::inconclusive);
  const auto note = std::find_if(once.notes.begin(), once.notes.end(), [](const auto& each) {
    return each.code == RemarkCode::error_seen;
  });
  ASSERT_NE(note, once.notes.end());
  EXPECT_EQ(note->with, (json::object{{"script", "add"}, {"status", 500}, {"attempts", 1}}));
  finding::can_be_read_again(once);
}

TEST(Verdict, OfAnInterruptedRunIsNotRestedOnErrors) {
  const auto bench = with_errors(2);
  bench->hearing->interrupt();
  const record::Record record = bench->record();
  EXPECT_EQ(record.verdict, Verdict::inconclusive);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::interrupted));
}

// -- endings

TEST(Verdict, OfARunThatEndedEarlyHasItsCause) {
  struct Case {
    trial::Ending ending;
    Exit exit;
    std::vector<StepCode> steps;
  };
  const json::object cause{{"cause", "why"}, {"line", 7}, {"column", 3}};
  json::object lost = cause;
  lost["during"] = "attempt";
  lost["order"] = record::to_json(record::Order{});
  lost["attempt"] = 4;
  const record::RuleError error{record::RuleError::Is::no_boolean, "", "7"};
  const json::object rule{
      {"rule", "fair"}, {"error", record::to_json(error)}, {"line", 7}, {"column", 3}};
  const Case cases[] = {
      {{Ending::scenario_error, {ReasonCode::scenario_error, cause}}, Exit::usage, {}},
      {{Ending::scenario_error, {ReasonCode::rule_not_computed, rule}}, Exit::usage, {}},
      {{Ending::unreachable, {ReasonCode::unreachable, cause}},
       Exit::unreachable,
       {StepCode::start_target}},
      {{Ending::target_lost, {ReasonCode::target_lost, lost}},
       Exit::inconclusive,
       {StepCode::keep_target_up}},
      {{Ending::interrupted, {ReasonCode::interrupted, {{"serial_runs", 4}, {"attempts", 59}}}},
       Exit::interrupted,
       {}},
  };
  for (const Case& c : cases) {
    const record::Record record = record_with([&](trial::Ledger& ledger) {
      earn(ledger);  // and would be clean
      ledger.ending = c.ending;
    });
    EXPECT_EQ(record.verdict, Verdict::inconclusive);
    EXPECT_EQ(record.ending, c.ending.is);
    EXPECT_EQ(record.exit_code, static_cast<int>(c.exit));
    ASSERT_EQ(reasons_of(record), std::vector{c.ending.reason.code});
    EXPECT_EQ(record.reasons[0].with, c.ending.reason.with);
    EXPECT_EQ(steps_of(record), c.steps);
  }
}

TEST(Verdict, OfARaceStandsThoughTheRunWasInterrupted) {
  const auto bench = finding::one_winner();
  (void)bench->attempt(both_win);
  trial::Ledger ledger = bench->ledger();
  ledger.proven = true;
  ledger.ending = trial::Ending{Ending::interrupted, {ReasonCode::interrupted, {}}};
  const record::Record record = record_of(bench->evidence_of(ledger), {});
  EXPECT_EQ(record.verdict, Verdict::race);
  EXPECT_EQ(record.ending, Ending::interrupted);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::interrupted));
}

// -- no baseline

TEST(Reasons, ThatRunsDifferHavePlaceOrderAndValues) {
  const auto run = [](bool flag, const char* list, int status) {
    return Happened{{told(200, base::to_text(json::object{{"hit", flag}})), told(status)},
                    "{}",
                    R"({"of": )" + std::string(list) + "}"};
  };
  Bench bench({{"add", 2}});
  (void)bench.serial({0, 1}, run(true, "[1]", 200), Use::learning);
  (void)bench.serial({0, 1}, run(false, "[1, 2]", 201), Use::late);
  (void)bench.hearing->do_without_baseline();
  const record::Record record = bench.record();
  EXPECT_EQ(record.verdict, Verdict::inconclusive);
  ASSERT_EQ(reasons_of(record), std::vector(3, ReasonCode::runs_differ));
  const auto place = [&](std::size_t i) {
    return record::place_from(record.reasons[i].with.at("place"));
  };
  EXPECT_EQ(place(0), oracle::place_of(".answers.add[].steps[0].body.hit"));
  EXPECT_EQ(place(1), oracle::place_of(".answers.add[].steps[].status"));
  EXPECT_EQ(place(2), oracle::place_of(".after.thing.body.of"));
  EXPECT_EQ(record::order_from(record.reasons[0].with.at("order")),
            (record::Order{{{"add", 0, 2}}}));
  const Values flag = values_of(record.reasons[0]), statuses = values_of(record.reasons[1]),
               list = values_of(record.reasons[2]);
  using Pair = std::pair<Value, std::int64_t>;
  EXPECT_EQ(flag.listed, (std::vector<Pair>{{{.is = Value::Is::json, .text = "true"}, 1},
                                            {{.is = Value::Is::json, .text = "false"}, 1}}));
  EXPECT_EQ(statuses.listed, (std::vector<Pair>{{{.is = Value::Is::statuses, .text = "200"}, 1},
                                                {{.is = Value::Is::statuses, .text = "201"}, 1}}));
  EXPECT_EQ(list.listed, (std::vector<Pair>{{{.is = Value::Is::elements, .count = 1}, 1},
                                            {{.is = Value::Is::elements, .count = 2}, 1}}));
  EXPECT_EQ(record.mask,
            (std::vector<std::string>{".answers.add[].steps[0].body.hit", ".after.thing.body.of"}))
      << "statuses cannot be masked";
  EXPECT_EQ(steps_of(record), std::vector{StepCode::mask_what_differs});
  finding::can_be_read_again(record);
}

TEST(Reasons, ThatResetsDifferAskForAFreshResource) {
  Bench bench({{"add", 2}});
  for (const char* before : {R"({"left": [1]})", R"({"left": [1, 2]})"})
    (void)bench.serial({0, 1}, {{told(200), told(200)}, before}, Use::learning);
  (void)bench.hearing->do_without_baseline();
  const record::Record record = bench.record();
  ASSERT_EQ(reasons_of(record), std::vector{ReasonCode::resets_differ});
  EXPECT_EQ(record::place_from(record.reasons[0].with.at("place")),
            oracle::place_of(".after.thing.body.left"));
  EXPECT_EQ(record.mask, std::vector<std::string>{".after.thing.body.left"});
  EXPECT_EQ(steps_of(record),
            (std::vector{StepCode::mask_what_differs, StepCode::make_fresh_resource}));
  finding::can_be_read_again(record);
}

TEST(Reasons, NameTwelvePlacesAndCountTheRest) {
  for (const int places : {12, 13, 20}) {
    const auto run = [&](bool value) {
      json::object state;
      for (int i = 0; i < places; ++i) state["m" + std::to_string(i)] = value;
      return Happened{{told(200), told(200)}, "{}", base::to_text(state)};
    };
    Bench bench({{"add", 2}});
    (void)bench.serial({0, 1}, run(true), Use::learning);
    (void)bench.serial({0, 1}, run(false), Use::late);
    (void)bench.hearing->do_without_baseline();
    const record::Record record = bench.record();
    EXPECT_EQ(record.mask.size(), static_cast<std::size_t>(places));
    ASSERT_EQ(record.reasons.size(), places == 12 ? 12u : 13u);
    if (places == 12) continue;
    EXPECT_EQ(record.reasons[12].code, ReasonCode::more_places_differ);
    EXPECT_EQ(record.reasons[12].with, (json::object{{"places", places - 12}}));
    finding::can_be_read_again(record);
  }
}

TEST(Reasons, ListFiveValuesAndCountTheRest) {
  for (const int values : {5, 7}) {
    const record::Record record = record_with([&](trial::Ledger& ledger) {
      oracle::Conflict conflict{".after.thing.body.n", {}};
      for (int i = 0; i < values; ++i)
        for (int times = 0; times <= i; ++times)
          conflict.values.push_back({.is = Value::Is::json, .text = std::to_string(i)});
      ledger.reset_conflicts = {conflict};
    });
    const Values listed = values_of(record.reasons.at(0));
    ASSERT_EQ(listed.listed.size(), 5u);
    EXPECT_EQ(listed.listed[4].second, 5) << "as often as it was seen";
    EXPECT_EQ(listed.more, values - 5);
  }
}

// -- the other reasons

TEST(Reasons, EachHaveWhatToDoAboutThem) {
  struct Case {
    const char* what;
    std::function<void(trial::Ledger&)> change;
    record::Reason reason;
    StepCode step;
  };
  const auto attempts = [](trial::Ledger& ledger, bool trial::Attempt::*flag, int count) {
    for (int i = 0; i < count; ++i) ledger.attempts[static_cast<std::size_t>(i)].*flag = true;
  };
  const Case cases[] = {
      {"learning takes too long",
       [](trial::Ledger& ledger) { ledger.learning_too_long = true; },
       {ReasonCode::learning_too_long, {}},
       StepCode::give_learning_more_time},
      {"attempts begin in another state",
       [&](trial::Ledger& ledger) { attempts(ledger, &trial::Attempt::odd_reset, 3); },
       {ReasonCode::odd_resets, {{"attempts", 3}}},
       StepCode::make_fresh_resource},
      {"two controls of five came out otherwise",
       [](trial::Ledger& ledger) { ledger.controls = 5, ledger.drifted_controls = 2; },
       {ReasonCode::controls_drifted, {{"drifted", 2}, {"controls", 5}}},
       StepCode::use_own_target},
      {"one is suspicious, and not proven",
       [](trial::Ledger& ledger) {
         ledger.attempts[0].judgement.is = Is::contradicts;
         ledger.fresh_serial = 9;
       },
       {ReasonCode::unproven, {{"attempts", 1}, {"serial_runs", 9}}},
       StepCode::give_proof_more_time},
  };
  for (const Case& c : cases) {
    const record::Record record = record_with([&](trial::Ledger& ledger) {
      earn(ledger);
      c.change(ledger);
    });
    EXPECT_EQ(record.verdict, Verdict::inconclusive) << c.what;
    ASSERT_EQ(reasons_of(record), std::vector{c.reason.code}) << c.what;
    EXPECT_EQ(record.reasons[0].with, c.reason.with) << c.what;
    EXPECT_EQ(steps_of(record), std::vector{c.step}) << c.what;
  }
}

TEST(Reasons, OneControlMayComeOutOtherwiseByChance) {
  EXPECT_EQ(record_with([](trial::Ledger& ledger) {
              earn(ledger);
              ledger.controls = 5, ledger.drifted_controls = 1;
            }).verdict,
            Verdict::clean);
}

TEST(Reasons, SayThatTheBudgetWasSpentOnlyWhereEffortIsMissing) {
  const auto spent = [](bool enough) {
    return record_with([&](trial::Ledger& ledger) {
      earn(ledger);
      ledger.budget_ended = true;
      if (!enough) ledger.attempts.resize(5);
    });
  };
  EXPECT_EQ(spent(true).verdict, Verdict::clean);
  const record::Record missing = spent(false);
  EXPECT_EQ(reasons_of(missing),
            (std::vector{ReasonCode::too_little_effort, ReasonCode::budget_spent}));
  EXPECT_EQ(missing.reasons[1].with, (json::object{{"budget_s", 60.0}}));
  EXPECT_EQ(steps_of(missing), std::vector{StepCode::raise_budget});
}

TEST(Reasons, AdviseNoMoreAttemptsWhereTheTargetWorksOnOneThingAtATime) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    earn(ledger);
    ledger.one_at_a_time = true;
  });
  EXPECT_EQ(reasons_of(record), std::vector{ReasonCode::one_at_a_time});
  EXPECT_TRUE(record.next_steps.empty());
}

TEST(Reasons, GiveAnAdviceOnce) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    earn(ledger);
    ledger.attempts[0].odd_reset = true;
    ledger.reset_conflicts = {{".before[].status", {}}};
  });
  EXPECT_EQ(reasons_of(record), (std::vector{ReasonCode::resets_differ, ReasonCode::odd_resets}));
  EXPECT_EQ(steps_of(record), std::vector{StepCode::make_fresh_resource});
}

// -- notes

TEST(Notes, AreOfAttemptsThatAreNoFinding) {
  struct Case {
    RemarkCode code;
    std::function<void(trial::Ledger&)> change;
    json::object with;
  };
  const auto difference = [] {
    const Value by_five{.is = Value::Is::moved, .moved = -5},
        by_ten{.is = Value::Is::moved, .moved = -10};
    return oracle::Difference{".after.thing.body.left", by_five, by_ten, true};
  };
  const Case cases[] = {
      {RemarkCode::details_differ,
       [](trial::Ledger& ledger) {
         ledger.attempts[0].judgement.is = Is::contradicts;
         ledger.attempts[0].judgement.layer = oracle::Layer::detail;
       },
       {{"attempts", 1}}},
      {RemarkCode::not_looked_at_again,
       [](trial::Ledger& ledger) { ledger.attempts[1].judgement.is = Is::contradicts; },
       {{"attempts", 1}}},
      {RemarkCode::eventual,
       [](trial::Ledger& ledger) {
         ledger.attempts[0].judgement.eventual = ledger.attempts[1].judgement.eventual = true;
       },
       {{"attempts", 2}}},
      {RemarkCode::indeterminate,
       [](trial::Ledger& ledger) { ledger.attempts[0].judgement.indeterminate = true; },
       {{"attempts", 1}}},
      {RemarkCode::moved_otherwise,
       [&](trial::Ledger& ledger) {
         ledger.attempts[0].judgement.moved = ledger.attempts[1].judgement.moved = {difference()};
       },
       {{"attempts", 2},
        {"place", record::to_json(oracle::place_of(".after.thing.body.left"))},
        {"path", ".after.thing.body.left"},
        {"seen", record::to_json(difference().seen)},
        {"expected", record::to_json(difference().expected)}}},
      {RemarkCode::permitted,
       [](trial::Ledger& ledger) {
         ledger.attempts[0].judgement.is = Is::contradicts;
         ledger.attempts[0].permit = "it is known";
       },
       {{"attempts", 1}, {"reason", "it is known"}}},
      {RemarkCode::odd_refusal,
       [](trial::Ledger& ledger) {
         ledger.refusals[{0, 418}] = 3;
       },
       {{"script", "take"}, {"status", 418}, {"times", 3}}},
      {RemarkCode::everyone_refused,
       [](trial::Ledger& ledger) { ledger.everyone_refused = 4; },
       {{"attempts", 4}}},
      {RemarkCode::error_seen,
       [](trial::Ledger& ledger) {
         ledger.errors[{1, 0}] = {1, 0, {3}, 1, 0};
       },
       {{"script", "give"}, {"status", 0}, {"attempts", 1}}},
      {RemarkCode::sink_never_called,
       [](trial::Ledger& ledger) {
         ledger.sinks = {{.name = "bank", .url = "http://127.0.0.1:9"}};
       },
       {{"sink", "bank"}, {"url", "http://127.0.0.1:9"}}},
      {RemarkCode::sink_late,
       [](trial::Ledger& ledger) { ledger.sinks = {{.name = "bank", .calls = 5, .late = 2}}; },
       {{"sink", "bank"}, {"calls", 2}}},
      {RemarkCode::sink_turned_away,
       [](trial::Ledger& ledger) {
         ledger.sinks = {{.name = "bank", .calls = 5, .turned_away = 1}};
       },
       {{"sink", "bank"}, {"calls", 1}}},
  };
  EXPECT_TRUE(record_with(earn).notes.empty());
  for (const Case& c : cases) {
    const record::Record record = record_with([&](trial::Ledger& ledger) {
      earn(ledger);
      c.change(ledger);
    });
    const char* name = boost::describe::enum_to_string(c.code, "?");
    ASSERT_EQ(codes_of(record.notes), std::vector{c.code}) << name;
    EXPECT_EQ(record.notes[0].with, c.with) << name;
  }
}

TEST(Notes, OfWhatMovesAreLeftOutWhereAttemptsGoOnSideBySide) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    earn(ledger);
    ledger.lanes = 2;
    ledger.attempts[0].judgement.moved = {{".after.thing.body.left", {}, {}, true}};
  });
  EXPECT_TRUE(record.notes.empty());
}

TEST(Notes, OfACustomaryRefusalAreNone) {
  const record::Record record = record_with([](trial::Ledger& ledger) {
    earn(ledger);
    ledger.refusals[{0, 409}] = 3;
  });
  EXPECT_TRUE(record.notes.empty());
  ASSERT_EQ(record.tried.refusals.size(), 1u);
  EXPECT_TRUE(record.tried.refusals[0].customary);
}

// -- what the machine says

TEST(Caveats, ACrowdedMachineIsToldWhereNothingWasSeen) {
  const record::Load crowded{.cores = 2, .busy = 1.9, .others = 1.7, .crowded = true};
  const record::Load calm{.cores = 2, .busy = 0.5, .others = 0.2};
  const json::object with{{"others", 1.7}, {"cores", 2}};
  record::Record record;
  record.verdict = Verdict::clean;
  record::Record heard = finding::with_load(record, crowded);
  ASSERT_EQ(codes_of(heard.notes), std::vector{RemarkCode::machine_crowded});
  EXPECT_EQ(heard.notes[0].with, with);
  EXPECT_TRUE(heard.next_steps.empty());
  finding::can_be_read_again(heard);
  EXPECT_TRUE(finding::with_load(record, calm).notes.empty());
  EXPECT_EQ(finding::with_load(record, calm).tried.load.others, 0.2);
  record.verdict = Verdict::inconclusive;
  heard = finding::with_load(record, crowded);
  ASSERT_EQ(steps_of(heard), std::vector{StepCode::quieten_machine});
  EXPECT_EQ(heard.next_steps[0].with, with);
  EXPECT_TRUE(heard.notes.empty());
  finding::can_be_read_again(heard);
  for (const Verdict verdict : {Verdict::race, Verdict::broken}) {
    record.verdict = verdict;
    heard = finding::with_load(record, crowded);
    EXPECT_TRUE(heard.notes.empty() && heard.next_steps.empty()) << "it was seen all the same";
  }
}

TEST(Caveats, AMachineThatHidesThePlantedWindowIsBlind) {
  const auto planted = [](double window_us, int hits, int of) {
    return record::Planted{.window_us = window_us, .rate = record::rate(hits, of)};
  };
  struct Case {
    std::vector<record::Planted> planted;
    bool blind;
  };
  const Case cases[] = {
      {{planted(1000, 0, 27), planted(100, 0, 40)}, true},
      {{planted(100, 1, 40), planted(1000, 0, 27)}, true},
      {{planted(1000, 1, 27), planted(100, 0, 40)}, false},
      {{planted(1000, 0, 0)}, false},  // not tried
      {{}, false},
  };
  for (const Case& c : cases) {
    const record::Record record = finding::with_self_check({}, c.planted);
    EXPECT_EQ(record.tried.sensitivity.size(), c.planted.size());
    EXPECT_EQ(!record.notes.empty(), c.blind);
    if (!c.blind) continue;
    ASSERT_EQ(codes_of(record.notes), std::vector{RemarkCode::self_check_blind});
    EXPECT_EQ(record.notes[0].with, (json::object{{"window_us", 1000.0}}));
    finding::can_be_read_again(record);
  }
}

TEST(Caveats, ASelfCheckThatFailedSaysWhy) {
  const record::Record record =
      finding::with_self_check({}, base::failure(std::string("no port is free")));
  ASSERT_EQ(codes_of(record.notes), std::vector{RemarkCode::self_check_failed});
  EXPECT_EQ(record.notes[0].with, (json::object{{"cause", "no port is free"}}));
  finding::can_be_read_again(record);
}

TEST(Caveats, AVerdictStandsThoughTheSelfCheckWasInterrupted) {
  record::Record record = record_with(earn);
  ASSERT_EQ(record.verdict, Verdict::clean);
  record = finding::interrupted(std::move(record));
  EXPECT_EQ(record.verdict, Verdict::clean);
  EXPECT_EQ(record.ending, Ending::interrupted);
  EXPECT_EQ(record.exit_code, static_cast<int>(Exit::interrupted));
  finding::can_be_read_again(record);
}

}  // namespace
