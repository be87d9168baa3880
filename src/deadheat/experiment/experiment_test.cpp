#include <gtest/gtest.h>

#include "experiment/fewest.h"
#include "experiment/finding.h"
#include "experiment/hearing.h"
#include "experiment/journal.h"
#include "experiment/ledger.h"
#include "experiment/pairs.h"
#include "experiment/places.h"
#include "experiment/rules.h"
#include "experiment/summary.h"
#include "experiment/windows.h"
#include "oracle/value.h"

namespace {

using experiment::Attempt;
using experiment::Ledger;
using Is = oracle::Judgement::Is;

TEST(Places, ReadAsPeopleSpeak) {
  struct Case {
    const char* place;
    const char* readable;
  };
  constexpr Case cases[] = {
      {".after.thing.body.state", "state thing .state"},
      {".after.thing.body.items[3].at", "state thing .items[3].at"},
      {".after.things.body[0].id", "state things [0].id"},
      {".after.thing.body", "state thing"},
      {".after.thing HTTP status", "state thing HTTP status"},
      {".after.thing.headers.etag", "state thing .headers.etag"},
      {".after.pay", "sink pay"},
      {".after.pay[0].body.amount", "sink pay [0].body.amount"},
      {".after.pay[].path", "sink pay [].path"},
      {R"(.after."suffix 2".body.id)", "suffix 2 .id"},
      {".after.suffix 2 HTTP status", "suffix 2 HTTP status"},
      {".answers.take HTTP statuses", "answer of take, HTTP statuses"},
      {".answers.take.steps[0].body.ok", "answer of take, step 1 .ok"},
      {".answers.take[3].steps[1].body", "answer of take[3], step 2"},
      {".answers.take[].steps[1].body[0]", "answer of take[], step 2 [0]"},
  };
  for (const Case& c : cases) EXPECT_EQ(experiment::readable_place(c.place), c.readable) << c.place;
}

TEST(Places, OfASuffixAreMaskedByIndex) {
  EXPECT_EQ(experiment::mask_of(R"(.after."suffix 2".body.id)"), ".suffix[1].body.id");
  EXPECT_EQ(experiment::mask_of(".after.thing.body.id"), ".after.thing.body.id");
  EXPECT_EQ(experiment::mask_of(".after.thing.body.by_id.*.open"),
            ".after.thing.body.by_id[].open");
}

/// Plain paths only; anything else does not compile.
base::Result<json::value, expression::Failure> plain_paths(const std::string& jq,
                                                           const json::value& input) {
  const auto path = expression::parse_path(jq);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{expression::Failure::Kind::runtime, "not an object"});
  return *found;
}

scenario::Scenario scenario_with_rule(decltype(scenario::Rule::holds) rule) {
  scenario::Scenario scenario;
  scenario.race.push_back({.name = "take", .times = 3, .steps = {{}}});
  scenario.race.push_back({.name = "give", .steps = {{}}});
  scenario.observe.push_back({.name = "thing"});
  scenario.rules.push_back({.name = "the-rule", .holds = std::move(rule)});
  return scenario;
}

scenario::Scenario scenario_with_rule(const std::string& jq) {
  return scenario_with_rule(scenario::Expression{jq, {}});
}

outcome::Outcome outcome_with(json::value body) {
  outcome::Outcome outcome;
  outcome.after.push_back({.name = "thing", .status = 200, .body = std::move(body)});
  return outcome;
}

TEST(Rules, HoldOrBreakByJqsTruth) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = [&](json::value fine) {
    return experiment::broken_rules(outcome_with({{"fine", std::move(fine)}}), scenario,
                                    plain_paths)
        .size();
  };
  EXPECT_EQ(broken(true), 0u);
  EXPECT_EQ(broken(false), 1u);
  EXPECT_EQ(broken(nullptr), 1u);
}

TEST(Rules, ABrokenOneShowsWhatItLookedAt) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken =
      experiment::broken_rules(outcome_with({{"fine", false}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].name, "the-rule");
  EXPECT_NE(broken[0].values.find(R"("body":{"fine":false})"), std::string::npos)
      << broken[0].values;
  EXPECT_FALSE(broken[0].error);
}

TEST(Rules, ANumberIsNoAnswerToARule) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = experiment::broken_rules(outcome_with({{"fine", 0}}), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, "gave 0, where a rule gives true or false");
}

TEST(Rules, OneThatCannotBeComputedIsBrokenAndSaysWhy) {
  const auto scenario = scenario_with_rule(".after.thing.body.fine");
  const auto broken = experiment::broken_rules(outcome_with(7), scenario, plain_paths);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].error, "not an object");
}

using std::chrono::milliseconds;

/// A serial run of two entries whose last steps took so long.
outcome::Outcome serial_run(milliseconds first, milliseconds second) {
  outcome::Outcome run;
  int script = 0;
  for (const milliseconds span : {first, second}) {
    outcome::Answer answer{.entry = {.script = script++}};
    answer.steps.push_back({.status = 200, .answered = span});
    run.answers.push_back(std::move(answer));
  }
  return run;
}

experiment::Pairs two_scripts_alone(milliseconds first, milliseconds second) {
  experiment::Pairs pairs({{.script = 0}, {.script = 1}});
  pairs.measure(serial_run(first, second));
  return pairs;
}

void play(experiment::Pairs& pairs, int times, milliseconds together) {
  for (int i = 0; i < times; ++i) {
    pairs.ask();
    pairs.hear(race::Pair{together, true});
  }
}

TEST(Pairs, TellWhetherTheTargetWorksOnOneThingAtATime) {
  struct Case {
    const char* what;
    int as_long_as_one, as_long_as_both;
    std::optional<bool> one_at_a_time;
  };
  constexpr Case cases[] = {
      {"nothing heard yet", 0, 0, std::nullopt},
      {"one quick pair may be chance", 1, 18, std::nullopt},
      {"two are none", 2, 0, false},
      {"all as long as both", 0, 20, true},
      {"all but one", 1, 19, true},
  };
  for (const Case& c : cases) {
    experiment::Pairs pairs = two_scripts_alone(milliseconds(10), milliseconds(8));
    EXPECT_FALSE(pairs.give_up()) << c.what;
    play(pairs, c.as_long_as_one, milliseconds(11));
    play(pairs, c.as_long_as_both, milliseconds(18));
    EXPECT_EQ(pairs.one_at_a_time(), c.one_at_a_time) << c.what;
    EXPECT_EQ(pairs.wanted(), !c.one_at_a_time) << c.what;
  }
}

// On a busy machine both may take long together, and turn out to be too short to tell later.
TEST(Pairs, TellNothingOnceTheyAreGivenUp) {
  experiment::Pairs pairs = two_scripts_alone(milliseconds(10), milliseconds(8));
  play(pairs, 20, milliseconds(18));
  EXPECT_EQ(pairs.one_at_a_time(), true);
  pairs.measure(serial_run(milliseconds(2), milliseconds(2)));
  EXPECT_TRUE(pairs.give_up());
  EXPECT_EQ(pairs.one_at_a_time(), std::nullopt);
}

TEST(Pairs, AreWeighedAfreshWhenAScriptTurnsOutToBeFaster) {
  experiment::Pairs pairs = two_scripts_alone(milliseconds(30), milliseconds(30));
  play(pairs, 20, milliseconds(25));  // less than one alone: side by side
  EXPECT_EQ(pairs.one_at_a_time(), false);
  pairs.measure(serial_run(milliseconds(12), milliseconds(12)));
  EXPECT_EQ(pairs.one_at_a_time(), true);
}

TEST(Pairs, GiveUpWhereNoSumCanBeTold) {
  struct Case {
    int first_ms, second_ms;
    bool given_up;
  };
  constexpr Case cases[] = {
      {5, 5, false}, {4, 5, true}, {5, 20, false}, {5, 21, true}, {0, 0, true},
  };
  for (const Case& c : cases) {
    experiment::Pairs pairs =
        two_scripts_alone(milliseconds(c.first_ms), milliseconds(c.second_ms));
    EXPECT_EQ(pairs.give_up().has_value(), c.given_up) << c.first_ms << " " << c.second_ms;
    EXPECT_EQ(pairs.wanted(), !c.given_up);
  }
}

/// "" where the rule holds; else what it saw, or why it could not be computed.
std::string break_of(decltype(scenario::Rule::holds) rule, const outcome::Outcome& outcome) {
  const auto broken =
      experiment::broken_rules(outcome, scenario_with_rule(std::move(rule)), plain_paths);
  if (broken.empty()) return "";
  return broken[0].error.value_or(broken[0].values);
}

TEST(ShortRules, CountSuccesses) {
  outcome::Outcome outcome;
  for (int copy = 0; copy < 3; ++copy)
    outcome.answers.push_back(
        {.entry = {0, copy}, .steps = {{.status = 200}}, .ok = copy != 1, .refused = copy == 1});
  outcome.answers.push_back({.entry = {1, 0}, .steps = {{.status = 409}}, .refused = true});
  using scenario::Successes;
  struct Case {
    Successes rule;
    bool holds;
  };
  const Case cases[] = {
      {{{"take", "give"}, 0, 1}, false}, {{{"take"}, 0, 2}, true}, {{{"take"}, 2, 2}, true},
      {{{"take"}, 3, 1000}, false},      {{{"give"}, 0, 0}, true}, {{{"give"}, 1, 1}, false},
  };
  for (const Case& c : cases) EXPECT_EQ(break_of(c.rule, outcome).empty(), c.holds);
  EXPECT_EQ(break_of(Successes{{"give"}, 1, 1}, outcome),
            R"({".answers.give":{"ok":false,"refused":true,"stopped":false,"statuses":[409]},)"
            R"("succeeded":0})");
}

outcome::Outcome moved(const char* before, const char* after) {
  outcome::Outcome outcome;
  outcome.before.push_back({.name = "thing", .status = 200, .body = *base::parse_json(before)});
  outcome.after.push_back({.name = "thing", .status = 200, .body = *base::parse_json(after)});
  return outcome;
}

TEST(ShortRules, ASumIsConserved) {
  const scenario::Conserved sum{{{".thing.body.a", {}}, {".thing.body.b[].n", {}}}};
  struct Case {
    const char* before;
    const char* after;
    std::string broken;
  };
  const Case cases[] = {
      {R"({"a": 3, "b": [{"n": 1}, {"n": 2}]})", R"({"a": 0, "b": [{"n": 6}]})", ""},
      {R"({"a": 0.3, "b": []})", R"({"a": 0.1, "b": [{"n": 0.2}]})", ""},
      {R"({"a": "10.50", "b": []})", R"({"a": "0.25", "b": [{"n": "10.25"}]})", ""},
      {R"({"a": 9007199254740993, "b": []})", R"({"a": 9007199254740992, "b": [{"n": 1}]})", ""},
      {R"({"a": 3, "b": []})", R"({"a": 2.5, "b": [{"n": 1}]})",
       R"({".before.thing.body.a":3,".before.thing.body.b[].n":0,"sum before":3,)"
       R"(".after.thing.body.a":"2.5",".after.thing.body.b[].n":1,"sum after":"3.5"})"},
      {R"({"a": 9007199254740993, "b": []})", R"({"a": 9007199254740992, "b": []})",
       R"({".before.thing.body.a":9007199254740993,".before.thing.body.b[].n":0,)"
       R"("sum before":9007199254740993,".after.thing.body.a":9007199254740992,)"
       R"(".after.thing.body.b[].n":0,"sum after":9007199254740992})"},
      {R"({"b": []})", R"({"a": 0, "b": []})",
       ".before.thing.body.a: found null, expected a number"},
      {R"({"a": 1, "b": []})", R"({"a": "much", "b": []})",
       R"(.after.thing.body.a: found "much", expected a number)"},
      {R"({"a": 1, "b": []})", R"({"a": 1, "b": 7})",
       ".after.thing.body.b[].n: leads through what is no list or map"},
  };
  for (const Case& c : cases) EXPECT_EQ(break_of(sum, moved(c.before, c.after)), c.broken);
}

TEST(ShortRules, NoValueButNullOccursTwice) {
  const scenario::Unique seats{{{".after.thing.body[].seat", {}}}};
  const auto seen = [&](const char* body) { return break_of(seats, moved("0", body)); };
  EXPECT_EQ(seen(R"([{"seat": 1}, {"seat": "1"}, {"seat": null}, {}])"), "");
  EXPECT_EQ(seen("[]"), "");
  EXPECT_EQ(seen(R"([{"seat": "1A"}, {"seat": "1B"}, {"seat": "1A"}])"),
            R"({".after.thing.body[].seat":{"\"1A\"":2}})");
  EXPECT_EQ(seen("7"), ".after.thing.body[].seat: leads through what is no list or map");
}

Attempt attempt(Is is, bool looked_again, oracle::Layer layer = oracle::Layer::state) {
  Attempt made;
  made.judgement.is = is;
  made.judgement.layer = layer;
  made.looked_again = looked_again;
  return made;
}

TEST(Ledger, OnlyWhatWasLookedAtAgainIsAHit) {
  Ledger ledger;
  ledger.attempts = {
      attempt(Is::explained, false),                          // judged
      attempt(Is::contradicts, false),                        // perhaps only a late read
      attempt(Is::contradicts, true),                         // judged, a hit
      attempt(Is::contradicts, true, oracle::Layer::bodies),  // likewise
      attempt(Is::contradicts, true, oracle::Layer::detail),  // judged: a note
      attempt(Is::unjudged, true),
      attempt(Is::needs_runs, true),
  };
  EXPECT_EQ(ledger.hits(), 2);
  EXPECT_EQ(ledger.judged(), 4);
}

TEST(Ledger, WhatTheScenarioPermitsIsNoHit) {
  Ledger ledger;
  ledger.attempts = {attempt(Is::contradicts, true)};
  ledger.attempts[0].permit = "known, and harmless";
  EXPECT_EQ(ledger.hits(), 0);
}

TEST(Ledger, ABrokenRuleIsAHitEvenWhereAnOrderExplainsTheRest) {
  Ledger ledger;
  ledger.attempts = {attempt(Is::explained, true)};
  ledger.attempts[0].broken.push_back({"the-rule", {}, "{}", std::nullopt});
  EXPECT_EQ(ledger.hits(), 1);
}

TEST(Ledger, AnErrorUnderContentionNeedsTwoAttemptsBetweenAnsweredControls) {
  struct Case {
    std::vector<int> attempts;
    int before, after;
    bool found;
  };
  const Case cases[] = {
      {{3, 9}, 2, 1, true},
      {{3}, 2, 1, false},     // once may be chance
      {{3, 9}, 0, 1, false},  // perhaps it never was well
      {{3, 9}, 2, 0, false},  // perhaps it is gone for good
  };
  for (const Case& c : cases) {
    Ledger ledger;
    ledger.errors[{0, 500}] = {0, 500, c.attempts, c.before, c.after};
    EXPECT_EQ(ledger.contention_error() != nullptr, c.found);
  }
}

/// What a journal writes, line by line.
struct Lines {
  scenario::Scenario scenario = scenario_with_rule(".");
  expression::Evaluate evaluate = plain_paths;
  std::vector<json::object> all;
  experiment::WriteLine write = [this](const json::object& line) { all.push_back(line); };
  experiment::Journal journal{scenario, evaluate, write};
};

outcome::Answer answer_of_copy(int copy, int status, json::value body) {
  outcome::Answer answer;
  answer.entry.copy = copy;
  answer.steps.push_back({.status = status, .body = std::move(body)});
  answer.bindings["token"] = "hunter2";
  return answer;
}

TEST(Journal, AnAttemptHasWhatEveryoneWasTold) {
  Lines lines;
  lines.scenario.race[0].steps[0].target.text = "/things/{{thing}}";
  outcome::Outcome outcome = outcome_with({{"left", 0}});
  outcome.bindings["thing"] = 7;
  outcome.answers = {answer_of_copy(0, 200, {{"left", 1}}), answer_of_copy(1, 409, "too late")};
  outcome.suffix.push_back({.status = 410, .body = "gone"});
  lines.journal.attempt(5, {.offsets = {{}, {}}, .sequence = {0, 1}}, experiment::Made::replay,
                        outcome, {std::chrono::seconds(2), 1});
  ASSERT_EQ(lines.all.size(), 1u);
  const json::object& line = lines.all[0];
  EXPECT_EQ(line.at("kind"), "attempt");
  EXPECT_EQ(line.at("attempt"), 5);
  EXPECT_EQ(line.at("replay"), true);
  EXPECT_EQ(line.at("heard_ns"), 2'000'000'000);
  EXPECT_EQ(line.at("answers").at(0).at("script"), "take[0]");
  EXPECT_EQ(line.at("answers").at(0).at("steps").at(0).at("request"), "GET /things/7");
  EXPECT_EQ(line.at("answers").at(1).at("steps").at(0).at("status"), 409);
  EXPECT_EQ(line.at("answers").at(1).at("steps").at(0).at("body"), "too late");
  EXPECT_EQ(line.at("suffix").at(0).at("status"), 410);
  EXPECT_EQ(line.at("after").at("thing").at("body").at("left"), 0);
  EXPECT_EQ(base::to_text(line).find("hunter2"), std::string::npos) << "captures may be secrets";
}

TEST(Journal, ALongBodyIsCutAndSaysSo) {
  Lines lines;
  const std::string longest(experiment::Journal::longest_body, 'x');
  for (const std::string& body : {longest, longest + "y"})
    lines.journal.serial(experiment::Use::proof, {.roles = {0, 0}}, outcome_with(json::value(body)),
                         {});
  ASSERT_EQ(lines.all.size(), 2u);
  const auto& whole = lines.all[0].at("after").at("thing").as_object();
  const auto& cut = lines.all[1].at("after").at("thing").as_object();
  EXPECT_EQ(whole.at("body"), json::value(longest));
  EXPECT_FALSE(whole.contains("body_cut"));
  EXPECT_TRUE(cut.at("body").as_string().starts_with(longest));
  EXPECT_FALSE(cut.at("body").as_string().ends_with("y"));
  EXPECT_EQ(cut.at("body_cut"), true);
}

TEST(Journal, WhatCouldNotBeHadHasItsCauseAndNoAnswers) {
  Lines lines;
  outcome::Outcome outcome;
  outcome.failure = outcome::Failure{.message = "connection refused"};
  lines.journal.serial(experiment::Use::control, {.roles = {0, 0}}, outcome, {});
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0].at("failure"), "connection refused");
  EXPECT_FALSE(lines.all[0].contains("answers"));
}

TEST(Journal, AJudgementSaysWhichOrdersExplainAndWhoWasTurnedAway) {
  Lines lines;
  Attempt explained = attempt(Is::explained, false);
  explained.judgement.orders = {{.roles = {0}}};
  explained.judgement.out = {1};
  Attempt permitted = attempt(Is::contradicts, true, oracle::Layer::bodies);
  permitted.permit = "known, and harmless";
  Attempt broken = attempt(Is::unjudged, true);
  broken.broken.push_back({"the-rule", {}, "{}", std::nullopt});
  for (const Attempt& each : {explained, permitted, broken}) lines.journal.judgement(each);
  ASSERT_EQ(lines.all.size(), 3u);
  EXPECT_EQ(lines.all[0].at("is"), "explained");
  EXPECT_EQ(lines.all[0].at("by"), (json::array{"take"}));
  EXPECT_EQ(lines.all[0].at("turned_away"), (json::array{"take[1]"}));
  EXPECT_EQ(lines.all[1].at("is"), "unexplained");
  EXPECT_EQ(lines.all[1].at("layer"), "bodies");
  EXPECT_EQ(lines.all[1].at("permitted"), "known, and harmless");
  EXPECT_EQ(lines.all[2].at("is"), "unjudged");
  EXPECT_EQ(lines.all[2].at("broken_rules"), (json::array{"the-rule"}));
}

TEST(Journal, SaysWhatCameAfterTheProofAndWhatWasPlayedAnew) {
  Lines lines;
  outcome::Outcome outcome = outcome_with(1);
  lines.journal.serial(experiment::Use::proof, {.roles = {0, 0}}, outcome, {});
  lines.journal.attempt(1, {}, experiment::Made::planned, outcome, {});
  outcome.played_anew = 2;
  lines.journal.serial(experiment::Use::proof, {.roles = {0, 0}}, outcome, {.after_proof = true});
  lines.journal.attempt(0, {}, experiment::Made::planned, outcome, {.after_proof = true});
  lines.journal.look(1, outcome, {.after_proof = true});
  ASSERT_EQ(lines.all.size(), 5u);
  for (const std::size_t before : {0u, 1u}) {
    EXPECT_FALSE(lines.all[before].contains("after_proof"));
    EXPECT_FALSE(lines.all[before].contains("played_anew"));
  }
  for (const std::size_t after : {2u, 3u, 4u}) EXPECT_EQ(lines.all[after].at("after_proof"), true);
  EXPECT_EQ(lines.all[2].at("played_anew"), 2);
  EXPECT_FALSE(lines.all[3].contains("attempt"));
}

TEST(Journal, WithoutAWriterNothingIsWritten) {
  const auto scenario = scenario_with_rule(".");
  const expression::Evaluate evaluate = plain_paths;
  const experiment::WriteLine none;
  const experiment::Journal journal(scenario, evaluate, none);
  journal.begin("deadheat", "run", 7);
  journal.serial(experiment::Use::learning, {.roles = {0, 0}}, outcome_with(1), {});
  journal.attempt(1, {}, experiment::Made::planned, outcome_with(1), {});
  journal.judgement(attempt(Is::explained, true));
  journal.end({});
}

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
  using Use = experiment::Use;

  experiment::News serial(Use use, int hour) {
    return hearing_.hear_serial(order(), use, both_added(1, 2, 2, hour));
  }
  experiment::News attempt(outcome::Outcome outcome) {
    return hearing_.hear_attempt({.offsets = {}}, std::move(outcome));
  }
  const oracle::Order& order() { return hearing_.oracle().orders().front(); }
  const Attempt& last_attempt() { return hearing_.ledger().attempts.back(); }

  scenario::Scenario scenario_ = two_additions();
  expression::Evaluate evaluate_ = plain_paths;
  experiment::Hearing hearing_{scenario_, evaluate_, 1, false};
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
  const experiment::News news = hearing_.hear_serial(order(), Use::late, other);
  EXPECT_TRUE(news.disagreement);
  EXPECT_FALSE(hearing_.ledger().baseline);
  (void)hearing_.do_without_baseline();
  EXPECT_EQ(last_attempt().judgement.is, Is::unjudged);
  EXPECT_TRUE(hearing_.ledger().explained_by.empty());
  EXPECT_TRUE(hearing_.over());
}

TEST_F(HearingTest, WhoHadToWaitIsANearMiss) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  EXPECT_EQ(hearing_.ledger().alone, std::vector<schedule::Alone>{{milliseconds(1)}});
  outcome::Outcome outcome = both_added(1, 2, 2, 8);
  outcome.answers[1].steps[0].answered = milliseconds(3);
  EXPECT_TRUE(attempt(outcome).hints.empty());
  outcome.answers[1].steps[0].answered = milliseconds(4);
  const experiment::News news = attempt(outcome);
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
  experiment::Hearing hearing(scenario, evaluate, 1, false);
  const auto ended_with = [](int last, std::vector<int> turns) {
    outcome::Outcome outcome = both_added(0, 0, last, 8);
    for (std::size_t i = 0; i < turns.size(); ++i)
      outcome.answers[i].entry = {.script = turns[i], .copy = 0};
    return outcome;
  };
  for (const experiment::Use use : {experiment::Use::learning, experiment::Use::late})
    for (const int first : {0, 1}) {
      const int last = 1 - first;
      (void)hearing.hear_serial({.roles = {first, last}}, use, ended_with(last, {first, last}));
    }
  for (const int first : {0, 1}) {
    const experiment::News news = hearing.hear_attempt({}, ended_with(1 - first, {0, 1}));
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
    const auto finding = experiment::explain(
        {hearing_.ledger(), hearing_.oracle(), scenario_, evaluate_}, last_attempt());
    EXPECT_EQ(finding.rule, "two");
    EXPECT_EQ(finding.concurrent.hits, 3);
    EXPECT_EQ(finding.concurrent.of, 5);
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
  EXPECT_EQ(hearing_.ledger().ending->cause,
            "counter.yaml:7:3: in a serial run (2 x add): POST /things: found 500");
}

TEST_F(HearingTest, ALostUpdateIsToldInPlainWords) {
  (void)serial(Use::learning, 8);
  (void)serial(Use::late, 8);
  (void)attempt(looked_at_again(both_added(1, 1, 1, 8)));
  const auto finding = experiment::explain(
      {hearing_.ledger(), hearing_.oracle(), scenario_, evaluate_}, last_attempt());
  EXPECT_EQ(finding.kind, "lost update");
  EXPECT_EQ(finding.headline,
            "2 of 2 add were told yes (200). Now counter .count is 1, where every order leaves 2.");
  EXPECT_NE(finding.cures.front().find("SET n = n + 1"), std::string::npos)
      << finding.cures.front();
}

TEST_F(HearingTest, WhatIsThereAgainIsOneRow) {
  const auto gone = [] {
    outcome::Outcome outcome = both_added(1, 2, 2, 8);
    outcome.after = {{.name = "counter", .status = 404, .body = {{"detail", "not found"}}}};
    return outcome;
  };
  (void)hearing_.hear_serial(order(), Use::learning, gone());
  (void)hearing_.hear_serial(order(), Use::late, gone());
  outcome::Outcome again = both_added(1, 2, 2, 8);
  again.after[0].body = {{"id", 7}, {"count", 2}, {"hour", 8}, {"name", "c"}, {"note", "n"}};
  (void)attempt(looked_at_again(again));
  const auto finding = experiment::explain(
      {hearing_.ledger(), hearing_.oracle(), scenario_, evaluate_}, last_attempt());
  EXPECT_EQ(finding.kind, "resurrected");
  ASSERT_EQ(finding.differences.size(), 2u);
  EXPECT_EQ(finding.differences[0].place, "state counter HTTP status");
  EXPECT_EQ(finding.differences[1].place, "state counter members");
  EXPECT_EQ(finding.differences[1].seen, ".id, .count, .hour and 2 more");
  EXPECT_EQ(finding.differences[1].allowed, std::vector<std::string>{".detail"});
  EXPECT_NE(finding.headline.find("Now counter answers 200, where every order leaves 404."),
            std::string::npos)
      << finding.headline;
}

// -- which schedules hit

Attempt released(milliseconds first, milliseconds second, bool hit) {
  Attempt made = attempt(hit ? Is::contradicts : Is::explained, true);
  made.schedule.offsets = {first, second};
  return made;
}

TEST(Windows, NameTheLagsThatHitAndTheirRates) {
  const milliseconds none(0);
  std::vector<Attempt> attempts = {
      released(none, none, true),
      released(none, none, false),
      released(none, none, false),
      released(none, milliseconds(3), false),  // too soon
      released(none, milliseconds(5), true),
      released(none, milliseconds(6), false),
      released(none, milliseconds(6), true),
      released(none, milliseconds(7), true),
      released(none, milliseconds(9), false),  // too late
      released(milliseconds(5), none, false),  // the other way round
  };
  Attempt hasty = released(none, milliseconds(20), true);
  hasty.looked_again = false;  // perhaps only a late read
  attempts.push_back(hasty);
  scenario::Scenario scenario;
  scenario.race = {{.name = "a", .steps = {{}}}, {.name = "b", .steps = {{}}}};

  const auto windows = experiment::windows(attempts, scenario);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].schedule, "b 5.0 to 7.0 ms after a, held at headers");
  EXPECT_EQ(windows[0].rate.hits, 3);
  EXPECT_EQ(windows[0].rate.of, 4);
  EXPECT_EQ(windows[1].schedule, "together, held at headers");
  EXPECT_EQ(windows[1].rate.hits, 1);
  EXPECT_EQ(windows[1].rate.of, 3);
}

TEST(Windows, NameTheLagBetweenTwo) {
  const milliseconds none(0);
  std::vector<Attempt> attempts = {
      released(none, none, false),
      released(none, milliseconds(5), true),
      released(none, milliseconds(6), false),
      released(none, milliseconds(7), true),
      released(none, milliseconds(9), false),
      released(milliseconds(6), none, false),
  };
  Attempt earlier_gate = released(none, milliseconds(1), true);
  earlier_gate.schedule.gate = 1;
  attempts.push_back(earlier_gate);
  scenario::Scenario scenario;
  scenario.race = {{.name = "a", .steps = {{}}}, {.name = "b", .steps = {{}}}};

  const record::Window window = experiment::window(attempts, scenario);
  EXPECT_EQ(window.when, "b arrives 5.0 to 7.0 ms after a");
  EXPECT_EQ(window.before_step, 1);
  EXPECT_EQ(window.low_ms, 5);
  EXPECT_EQ(window.high_ms, 7);
  EXPECT_EQ(std::pair(window.inside.hits, window.inside.of), std::pair(2, 3));
  EXPECT_EQ(std::pair(window.outside.hits, window.outside.of), std::pair(0, 3));

  // After the proof the first look will do.
  Attempt later = released(none, milliseconds(8), true);
  later.after_proof = true;
  later.looked_again = false;
  EXPECT_FALSE(later.rated() || later.hit());
  attempts.push_back(later);
  EXPECT_EQ(experiment::window(attempts, scenario).when, "b arrives 5.0 to 8.0 ms after a");

  scenario.race[0].times = 2;
  EXPECT_EQ(experiment::window(attempts, scenario).when, "");
  EXPECT_EQ(experiment::window({}, scenario).when, "");
}

// -- how few are enough

using experiment::Group;
using experiment::Trial;

struct FewestCase {
  const char* what;
  Group all;
  std::vector<int> likely;
  std::function<bool(const Group&)> races;
  Group fewest;
  bool raced;
};

TEST(Fewest, IsTheSmallestGroupThatRaces) {
  const auto sum = [](const Group& group) {
    int all = 0;
    for (const int count : group) all += count;
    return all;
  };
  const FewestCase cases[] = {
      {"two of twenty", {20}, {0}, [](const Group&) { return true; }, {2}, true},
      {"six of twenty", {20}, {0}, [](const Group& g) { return g[0] >= 6; }, {6}, true},
      {"all but one", {20}, {0}, [](const Group& g) { return g[0] >= 19; }, {19}, true},
      {"all", {20}, {0}, [](const Group& g) { return g[0] >= 20; }, {20}, false},
      {"three of three", {3}, {0}, [](const Group&) { return false; }, {3}, false},
      {"the second and the fourth of five",
       {1, 1, 1, 1, 1},
       {0, 1, 2, 3, 4},
       [](const Group& g) { return g[1] > 0 && g[3] > 0; },
       {0, 1, 0, 1, 0},
       true},
      {"three certain ones of four",
       {1, 1, 1, 1},
       {3, 0, 1, 2},
       [](const Group& g) { return g[0] > 0 && g[1] > 0 && g[3] > 0; },
       {1, 1, 0, 1},
       true},
      {"two copies and another",
       {5, 1, 4},
       {0, 1, 2},
       [](const Group& g) { return g[0] >= 2 && g[1] >= 1; },
       {2, 1, 0},
       true},
  };
  for (const FewestCase& c : cases) {
    int trials = 0;
    const auto found = experiment::find_fewest(c.all, c.likely, [&](const Group& group) -> Trial {
      ++trials;
      EXPECT_GE(sum(group), 2) << c.what;
      EXPECT_LT(sum(group), sum(c.all)) << c.what;
      return {.is = c.races(group) ? Trial::Is::race : Trial::Is::no_race, .hits = trials};
    });
    EXPECT_EQ(found.group, c.fewest) << c.what;
    EXPECT_EQ(found.trial.has_value(), c.raced) << c.what;
    EXPECT_FALSE(found.cut_short) << c.what;
    for (const Group& quiet : found.quiet) EXPECT_FALSE(c.races(quiet)) << c.what;
  }
}

TEST(Fewest, KeepsWhatItFoundWhenItsTimeIsUp) {
  int trials = 0;
  const auto found = experiment::find_fewest({20}, {0}, [&](const Group& group) -> Trial {
    if (++trials == 3) return {.is = Trial::Is::cut_short};
    return {.is = group[0] >= 6 ? Trial::Is::race : Trial::Is::no_race};
  });
  EXPECT_EQ(found.group, Group{11});
  EXPECT_EQ(found.quiet, std::vector<Group>{{2}});
  EXPECT_TRUE(found.cut_short);
  EXPECT_EQ(trials, 3);
}

TEST(Fewest, ReadsAsPeopleSpeak) {
  scenario::Scenario scenario;
  scenario.race = {{.name = "redeem", .times = 5, .steps = {{}}},
                   {.name = "refund", .steps = {{}}}};
  const auto words = experiment::in_words(
      {.group = {2, 1},
       .trial = Trial{.is = Trial::Is::race, .hits = 3, .judged = 4, .serial = 20},
       .quiet = {{2, 0}, {1, 1}}},
      scenario);
  EXPECT_EQ(words.scripts, 3);
  EXPECT_EQ(words.of, 6);
  EXPECT_EQ(words.group, "2 redeem and refund");
  EXPECT_EQ(words.quiet, (std::vector<std::string>{"2 redeem", "redeem and refund"}));
  EXPECT_EQ(words.concurrent.hits, 3);
  EXPECT_EQ(words.serial.of, 20);
}

/// Where only so many can be kept, hits go before the others, those after the proof too.
TEST(Summary, KeepsEveryHitAndTheFirstOfTheOthers) {
  constexpr int copies = 1000, kept = 200, misses = 250, hits = 50;
  scenario::Scenario scenario;
  scenario.race = {{.name = "take", .times = copies, .steps = {{}}}};
  const base::FakeClock clock;
  const race::Course course{
      .scenario = scenario, .evaluate = plain_paths, .clock = clock, .run = "run"};
  Ledger ledger;
  for (int i = 1; i <= misses + hits; ++i) {
    Attempt attempt{.number = i, .after_proof = i > misses};
    attempt.schedule.offsets.resize(copies);
    if (i > misses)
      attempt.broken.push_back({.name = "the-rule"});
    else
      attempt.judgement.is = Is::explained;
    ledger.attempts.push_back(std::move(attempt));
  }
  const record::Record record = experiment::summarise(
      course, {}, ledger, oracle::Oracle(scenario, {}, 7), base::Nanoseconds(0));
  ASSERT_EQ(record.attempts.size(), static_cast<std::size_t>(kept));
  EXPECT_EQ(record.attempts[kept - hits - 1].attempt, kept - hits);
  EXPECT_EQ(record.attempts[kept - hits].attempt, misses + 1);
  EXPECT_EQ(std::count_if(record.attempts.begin(), record.attempts.end(),
                          [](const record::Attempt& attempt) { return attempt.hit; }),
            hits);
}

}  // namespace
