#include "experiment/journal.h"

#include <gtest/gtest.h>

#include "trial/scenario_testing.h"

namespace {

using Is = oracle::Judgement::Is;
using trial::plain_paths;
using trial::scenario_with_rule;

outcome::Outcome outcome_with(json::value body) {
  outcome::Outcome outcome;
  outcome.after.push_back({.name = "thing", .status = 200, .body = std::move(body)});
  return outcome;
}

/// What a journal writes, line by line.
struct Lines {
  scenario::Scenario scenario = scenario_with_rule(".");
  expression::Evaluate evaluate = plain_paths;
  std::vector<json::object> all;
  experiment::WriteLine write = [this](const json::object& line) { all.push_back(line); };
  experiment::Journal journal{scenario, evaluate, write};
};

trial::Purpose serial_run(trial::Use use) {
  return {.is = trial::Purpose::Is::serial, .use = use, .wanted = {.order = {.roles = {0, 0}}}};
}
const trial::Purpose an_attempt{.is = trial::Purpose::Is::attempt};

trial::Attempt attempt(Is is, bool looked_again, oracle::Layer layer = oracle::Layer::state) {
  trial::Attempt made;
  made.judgement.is = is;
  made.judgement.layer = layer;
  made.looked_again = looked_again;
  return made;
}

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
  const trial::Purpose replay{.is = trial::Purpose::Is::attempt,
                              .schedule = {.offsets = {{}, {}}, .sequence = {0, 1}},
                              .made = trial::Made::replay};
  lines.journal.heard({.purpose = replay, .attempt = 5}, outcome, std::chrono::seconds(2));
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
    lines.journal.heard({serial_run(trial::Use::proof)}, outcome_with(json::value(body)), {});
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
  lines.journal.heard({serial_run(trial::Use::control)}, outcome, {});
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0].at("failure"), "connection refused");
  EXPECT_FALSE(lines.all[0].contains("answers"));
}

TEST(Journal, AJudgementSaysWhichOrdersExplainAndWhoWasTurnedAway) {
  Lines lines;
  trial::Attempt explained = attempt(Is::explained, false);
  explained.judgement.orders = {{.roles = {0}}};
  explained.judgement.out = {1};
  trial::Attempt permitted = attempt(Is::contradicts, true, oracle::Layer::bodies);
  permitted.permit = "known, and harmless";
  trial::Attempt broken = attempt(Is::unjudged, true);
  broken.broken.push_back({"the-rule", {}, "{}", {}});
  for (const trial::Attempt& each : {explained, permitted, broken}) lines.journal.judgement(each);
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
  lines.journal.heard({serial_run(trial::Use::proof)}, outcome, {});
  lines.journal.heard({.purpose = an_attempt, .attempt = 1}, outcome, {});
  outcome.played_anew = 2;
  const trial::Purpose again = serial_run(trial::Use::proof);
  const trial::Purpose look{.is = trial::Purpose::Is::look, .attempt = 1};
  lines.journal.heard({.purpose = again, .after_proof = true}, outcome, {});
  lines.journal.heard({.purpose = an_attempt, .after_proof = true}, outcome, {});
  lines.journal.heard({.purpose = look, .after_proof = true}, outcome, {});
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
  journal.heard({serial_run(trial::Use::learning)}, outcome_with(1), {});
  journal.heard({.purpose = an_attempt, .attempt = 1}, outcome_with(1), {});
  journal.judgement(attempt(Is::explained, true));
  journal.end({});
}

}  // namespace
