#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <vector>

#include "race/player.h"
#include "race/stage_testing.h"

namespace {

using namespace std::chrono_literals;
using client::put;
using client::read;
using client::request;
using client::TestServer;
using client::things;
using outcome::Failure;
using outcome::Outcome;
using outcome::Step;
using race::expect_whole;
using race::script;
using race::Stage;
using race::two_checked_puts;
using race::two_puts;
using Seen = TestServer::Seen;

TEST(Serial, PlaysTheScriptsInTurn) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.serial({.turns = {1, 0}}, {});
  expect_whole(outcome);
  ASSERT_EQ(outcome.answers.size(), 2u);
  EXPECT_EQ(outcome.answers[0].entry.script, 1);
  EXPECT_EQ(outcome.answers[1].entry.script, 0);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_LE(outcome.answers[0].ends(), outcome.answers[1].begins());
  EXPECT_EQ(outcome.before.at(0).body.at("value"), "new");
  EXPECT_EQ(outcome.after.at(0).name, "thing");
  EXPECT_EQ(outcome.after.at(0).body.at("value"), "A");
  EXPECT_EQ(outcome.bindings.at("thing"), 1);
  EXPECT_EQ(outcome.bindings.at("$run"), "r1");
  EXPECT_EQ(outcome.bindings.at("$attempt"), 1);
  EXPECT_EQ(outcome.gate_opened, 0ns);
  EXPECT_EQ(outcome.lane, 3);
  EXPECT_LT(outcome.wall_begin, outcome.wall_end);
  EXPECT_EQ(stage.server.connections(), 1) << "one after another, one connection is enough";
}

TEST(Serial, SaysWhoItIs) {
  Stage stage(two_puts());
  expect_whole(stage.player.serial({.turns = {0}}, {}));
  const auto seen = stage.server.seen("PUT").at(0).request;
  EXPECT_EQ(http::find(seen.fields, "Host"), stage.server.url().substr(7));
  EXPECT_TRUE(http::find(seen.fields, "User-Agent")->starts_with("deadheat/"));
  EXPECT_EQ(http::find(seen.fields, "X-Deadheat"), "r1/1/a");
  EXPECT_EQ(http::find(seen.fields, "Accept"), "application/json");
  EXPECT_EQ(http::find(stage.server.seen("POST").at(0).request.fields, "X-Deadheat"), "r1/1/reset");
}

TEST(Serial, AScriptStopsUnlessItsConditionHolds) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok);
  EXPECT_EQ(outcome.answers[1].stopped_before, 1);
  EXPECT_FALSE(outcome.answers[1].ok);
  EXPECT_EQ(outcome.answers[1].steps.size(), 1u);
  EXPECT_TRUE(outcome.answers[1].steps[0].safe);
  EXPECT_FALSE(outcome.answers[0].steps[1].safe);
}

TEST(Serial, AConditionThatCannotBeComputedIsFalse) {
  Stage stage(two_checked_puts());
  stage.scenario.race[0].steps[0].stop_unless->jq = ".status.of.what";
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers[0].stopped_before, 1);
}

TEST(Serial, PlaysAnInterleavingRequestByRequest) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.serial({.turns = {0, 1, 1, 0}, .by_request = true}, {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok) << "both read before either wrote";
  EXPECT_EQ(outcome.after.at(0).body.at("value"), "A");
}

TEST(Serial, FinishesWhatAnInterleavingLeaves) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.serial({.turns = {0}, .by_request = true}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers.at(0).steps.size(), 2u);
}

TEST(Serial, PausesBetweenTurns) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.serial({.turns = {0, 1}, .pause = 30ms}, {});
  expect_whole(outcome);
  EXPECT_GE(outcome.answers[1].begins() - outcome.answers[0].ends(), 30ms);
}

TEST(Serial, AnAnswerWithoutTheValueToCaptureStopsTheScript) {
  scenario::Request ask = read();
  ask.captures = {{.name = "found", .from = {".body.nothing", {}}}};
  scenario::Request use = put("x");
  use.target.text = "/things/{{found}}";
  Stage stage({script("a", {ask, use}), script("b", {put("B")})});
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers[0].stopped_before, 1);
  EXPECT_TRUE(outcome.answers[1].ok);
}

TEST(Serial, ANameThatNobodyBindsIsAFaultOfTheScenario) {
  Stage stage({script("a", {request("GET", "/{{nobody}}")}), script("b", {put("B")})});
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::expression);
}

TEST(Serial, BindsActorsCopiesAndUuids) {
  scenario::Request write = put("{{who}} {{$index}} {{$uuid}}");
  Stage stage({{.name = "a", .actor = "ann", .times = 11, .steps = {write}}});
  stage.scenario.actors = {{.name = "ann", .variables = {{"who", "Ann"}}}};
  std::vector<int> turns(11);
  for (int i = 0; i < 11; ++i) turns[static_cast<std::size_t>(i)] = i;
  const Outcome outcome = stage.player.serial({.turns = turns}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers[2].bindings.at("$index"), "02");
  EXPECT_EQ(outcome.answers[2].bindings.at("who"), "Ann");
  std::set<std::string> bodies;
  for (const Seen& seen : stage.server.seen("PUT")) bodies.insert(seen.request.body.substr(9));
  EXPECT_EQ(bodies.size(), 11u) << "every request has a uuid of its own";
  const Step& step = outcome.answers[2].steps[0];
  EXPECT_EQ(step.body.at("value").as_string(),
            "Ann 02 " + std::string(step.bindings.at("$uuid").as_string()));
}

TEST(Serial, BindsRunAttemptAndTarget) {
  Stage stage(
      {script("a", {put("{{$run}} {{$attempt}} {{$base}} {{$host}}")}), script("b", {put("B")})});
  expect_whole(stage.player.reset_only({}));
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  expect_whole(outcome);
  const std::string url = stage.server.url();
  EXPECT_EQ(outcome.after.at(0).body.at("value").as_string(), "r1 2 " + url + " " + url.substr(7));
}

TEST(Serial, IsPlayedAnewWhereTheServerHangsUpOnAKeptConnection) {
  // It keeps connections, but for the one that the first write came on, and answers nothing there.
  std::atomic<int> writes = 0;
  Stage stage(two_puts(), [&writes, good = things()](const Seen& seen, net::TestPeer& peer) {
    return (seen.request.method != "PUT" || ++writes > 1) && good(seen, peer);
  });
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  ASSERT_EQ(outcome.answers.size(), 2u);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_EQ(outcome.played_anew, 1);
  EXPECT_EQ(stage.server.seen("POST").size(), 2u);
  EXPECT_EQ(stage.server.seen("PUT").size(), 4u);
}

TEST(Serial, ThatIsNotAnsweredOnANewConnectionEitherIsData) {
  Stage stage(two_puts(), [good = things()](const Seen& seen, net::TestPeer& peer) {
    return seen.request.method != "PUT" && good(seen, peer);
  });
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  ASSERT_EQ(outcome.answers.size(), 2u);
  EXPECT_EQ(outcome.answers[0].steps.at(0).error, "closed by the server before an answer");
  EXPECT_TRUE(outcome.answers[0].indeterminate && outcome.answers[1].indeterminate);
}

TEST(Serial, KeepsTheHeadersThatCount) {
  Stage stage(two_puts(), [](const Seen& seen, net::TestPeer& peer) {
    return peer.send(http::encode(
        http::Response{.status = seen.request.method == "POST" ? 201 : 200,
                       .fields = {{"ETag", "\"7\""}, {"Content-Type", "application/json"}},
                       .body = R"({"id": 1})"}));
  });
  stage.scenario.compare = {"etag", "location"};
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers[0].steps[0].headers, (json::object{{"etag", "\"7\""}}));
  EXPECT_EQ(outcome.after.at(0).headers, (json::object{{"etag", "\"7\""}}));
}

TEST(Serial, OkAndRefusedAreAsTheScenarioSays) {
  Stage stage(two_puts());
  stage.scenario.race[0].ok = scenario::Expression{R"(.body.value == "B")", {}};
  stage.scenario.race[1].refused = scenario::Expression{R"(.body.value == "B")", {}};
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  EXPECT_FALSE(outcome.answers[0].ok);
  EXPECT_TRUE(outcome.answers[1].refused);
}

}  // namespace
