#include "race/player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <latch>
#include <map>
#include <set>

#include "client/server_testing.h"
#include "net/connection.h"

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using client::reply;
using client::TestServer;
using outcome::Answer;
using outcome::Failure;
using outcome::Outcome;
using outcome::Step;
using race::Course;
using race::Pace;
using race::Player;
using schedule::Hold;
using schedule::Schedule;
using schedule::Sync;
using Seen = TestServer::Seen;

const base::SystemClock clock_of_machine;

/// Plain paths, and `path == "text"`: all that these tests need of jq.
base::Result<json::value, expression::Failure> evaluate(const std::string& jq,
                                                        const json::value& input) {
  const std::size_t equals = jq.find(" == ");
  const auto path = expression::parse_path(jq.substr(0, equals));
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{.kind = expression::Failure::Kind::runtime,
                                             .message = "cannot be indexed"});
  if (equals == std::string::npos) return *found;
  return json::value(*found == *base::parse_json(jq.substr(equals + 4)));
}

// ------------------------------------------------------------------------------ things on a server

/// POST /things makes one, PUT /things/N writes it, GET reads it, DELETE removes it.
class Things {
 public:
  explicit Things(bool keep_alive) : keep_alive_(keep_alive) {}

  bool operator()(const Seen& seen, net::TestPeer& peer) {
    const std::lock_guard lock(mutex_);
    const http::Request& request = seen.request;
    const std::string& target = request.target;
    if (request.method == "POST") {
      things_[++last_] = R"("new")";
      return reply(peer, 201, R"({"id": )" + std::to_string(last_) + R"(, "value": "new"})",
                   keep_alive_);
    }
    const auto thing = things_.find(std::atoi(target.substr(target.rfind('/') + 1).c_str()));
    if (thing == things_.end()) return reply(peer, 404, "{}", keep_alive_);
    if (request.method == "DELETE") {
      things_.erase(thing);
      return reply(peer, 204, "", keep_alive_);
    }
    if (request.method == "PUT") thing->second = request.body;
    return reply(peer, 200, R"({"value": )" + thing->second + "}", keep_alive_);
  }

 private:
  bool keep_alive_;
  std::mutex mutex_;
  std::map<int, std::string> things_;
  int last_ = 0;
};

TestServer::Handler things(bool keep_alive = true) {
  return [state = std::make_shared<Things>(keep_alive)](const Seen& seen, net::TestPeer& peer) {
    return (*state)(seen, peer);  // shared: std::function copies what it holds
  };
}

scenario::Request request(std::string method, std::string target) {
  return {.place = {7, 5}, .method = std::move(method), .target = {.text = std::move(target)}};
}

scenario::Request put(const std::string& value) {
  scenario::Request made = request("PUT", "/things/{{thing}}");
  made.body = {.kind = scenario::Body::Kind::json, .value = json::value(value)};
  return made;
}

scenario::Request read() { return request("GET", "/things/{{thing}}"); }

scenario::Request read_unless_taken() {
  scenario::Request made = read();
  made.stop_unless = scenario::Expression{R"(.body.value == "new")", {}};
  return made;
}

scenario::Script script(std::string name, std::vector<scenario::Request> steps) {
  return {.name = std::move(name), .steps = std::move(steps)};
}

/// Two scripts that write, over a reset that makes a thing and an observation that reads it.
scenario::Scenario scenario_of(const std::string& url, std::vector<scenario::Script> race) {
  scenario::Scenario made;
  made.file = "test.yaml";
  made.targets = {url};
  scenario::Request reset = request("POST", "/things");
  reset.captures = {{.name = "thing", .from = {".body.id", {}}}};
  made.reset = {reset};
  made.race = std::move(race);
  made.observe = {{.name = "thing", .request = read()}};
  return made;
}

std::vector<scenario::Script> two_puts() {
  return {script("a", {put("A")}), script("b", {put("B")})};
}

std::vector<scenario::Script> two_checked_puts() {
  return {script("a", {read_unless_taken(), put("A")}),
          script("b", {read_unless_taken(), put("B")})};
}

/// A server, a course and a player on it.
struct Stage {
  explicit Stage(std::vector<scenario::Script> race, TestServer::Handler handler = things(),
                 TestServer::Workers workers = TestServer::Workers::many)
      : server(std::move(handler), workers),
        scenario(scenario_of(server.url(), std::move(race))),
        course{scenario, evaluate, clock_of_machine, "r1", {}},
        player(course, 3) {}

  TestServer server;
  scenario::Scenario scenario;
  Course course;
  Player player;
};

Schedule together(int entries, Hold hold = Hold::headers, int gate = 0) {
  Schedule made{.hold = hold, .gate = gate};
  for (int i = 0; i < entries; ++i) {
    made.offsets.emplace_back(0);
    made.sequence.push_back(i);
  }
  return made;
}

void expect_whole(const Outcome& outcome) {
  EXPECT_FALSE(outcome.failure) << outcome.failure->message;
  for (const Answer& answer : outcome.answers) {
    Nanoseconds last{0};
    for (const Step& step : answer.steps) {
      EXPECT_LE(last, step.sent);
      EXPECT_LE(step.sent, step.released);
      EXPECT_LE(step.released, step.answered);
      last = step.answered;
    }
  }
}

// ------------------------------------------------------------------------------------- serial runs

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

TEST(Serial, TheScenariosOwnHeadersWin) {
  Stage stage(two_puts());
  stage.scenario.race[0].steps[0].headers = {{"accept", {.text = "text/plain"}},
                                             {"User-Agent", {.text = "me"}}};
  expect_whole(stage.player.serial({.turns = {0}}, {}));
  const auto fields = stage.server.seen("PUT").at(0).request.fields;
  EXPECT_EQ(http::find(fields, "Accept"), "text/plain");
  EXPECT_EQ(http::find(fields, "User-Agent"), "me");
  EXPECT_EQ(std::count_if(
                fields.begin(), fields.end(),
                [](const auto& field) { return http::same_ignoring_case(field.name, "Accept"); }),
            1);
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

TEST(Serial, ALineBreakInAHeaderIsNotSent) {
  Stage stage(two_puts());
  stage.scenario.race[0].steps[0].headers = {{"X-Note", {.text = "{{$note}}"}}};
  stage.course.bindings["$note"] = "a\r\nX-Other: b";
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::expression);
  EXPECT_TRUE(stage.server.seen("PUT").empty());
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

// ---------------------------------------------------------------------------------------- attempts

TEST(Attempt, NoHandlerBeginsBeforeTheReleaseOfAHeldHead) {
  Stage stage(two_puts());
  for (int i = 0; i < 5; ++i) {
    const std::size_t before = stage.server.seen("PUT").size();
    const Outcome outcome = stage.player.attempt(together(2), {});
    expect_whole(outcome);
    const auto puts = stage.server.seen("PUT");
    ASSERT_EQ(puts.size(), before + 2);
    EXPECT_GE(puts[before].head_at, outcome.gate_opened);
    EXPECT_GE(puts[before + 1].head_at, outcome.gate_opened);
    for (const Answer& answer : outcome.answers) {
      EXPECT_LT(answer.steps[0].sent, outcome.gate_opened);
      EXPECT_GE(answer.steps[0].released, outcome.gate_opened);
      EXPECT_TRUE(answer.steps[0].held_in_head);
      EXPECT_EQ(answer.begins(), answer.steps[0].released);
    }
    EXPECT_GT(release_spread(outcome), 0ns);
  }
  EXPECT_EQ(stage.server.connections(), 2) << "connections are kept warm between attempts";
}

TEST(Attempt, TheServerHasTheHeadWhileTheBodyIsHeld) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::body), {});
  expect_whole(outcome);
  for (const Seen& seen : stage.server.seen("PUT")) EXPECT_GE(seen.body_at, outcome.gate_opened);
  for (const Answer& answer : outcome.answers) {
    EXPECT_FALSE(answer.steps[0].held_in_head);
    EXPECT_EQ(answer.begins(), answer.steps[0].sent);
    EXPECT_GE(answer.steps[0].released, outcome.gate_opened);
  }
}

TEST(Attempt, ARequestWithoutABodyIsHeldAtItsHeaders) {
  Stage stage({script("a", {read()}), script("b", {read()})});
  const Outcome outcome = stage.player.attempt(together(2, Hold::body), {});
  expect_whole(outcome);
  for (const Answer& answer : outcome.answers) EXPECT_TRUE(answer.steps[0].held_in_head);
}

TEST(Attempt, WithTheGateBeforeTheWritesBothHaveRead) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 1), {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_TRUE(overlapped(outcome) || outcome.answers[0].ends() <= outcome.answers[1].begins());
  for (const Answer& answer : outcome.answers) {
    EXPECT_LT(answer.steps.at(0).answered, outcome.gate_opened);
    EXPECT_EQ(answer.steps.at(0).released, answer.steps.at(0).sent);
    EXPECT_GE(answer.steps.at(1).released, outcome.gate_opened);
  }
  for (const Seen& seen : stage.server.seen("PUT")) EXPECT_GE(seen.head_at, outcome.gate_opened);
}

TEST(Attempt, WithTheGateBeforeTheReadsNobodyHasRead) {
  Stage stage(two_checked_puts());
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 0), {});
  expect_whole(outcome);
  std::size_t held = 0;
  for (const Seen& seen : stage.server.seen("GET"))
    held += seen.head_at >= outcome.gate_opened ? 1 : 0;
  EXPECT_EQ(held, 3u) << "two reads of the scripts and the last observation";
}

TEST(Attempt, AScriptWithFewerStepsWaitsBeforeItsLast) {
  Stage stage({script("a", {read(), read(), put("A")}), script("b", {put("B")})});
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 2), {});
  expect_whole(outcome);
  EXPECT_GE(outcome.answers[1].steps.at(0).released, outcome.gate_opened);
  EXPECT_GE(outcome.answers[0].steps.at(2).released, outcome.gate_opened);
  EXPECT_LT(outcome.answers[0].steps.at(1).answered, outcome.gate_opened);
}

TEST(Attempt, AScriptThatStopsDoesNotBlockTheGate) {
  scenario::Request never = read();
  never.stop_unless = scenario::Expression{R"(.body.value == "something else")", {}};
  Stage stage({script("a", {never, put("A")}), script("b", {put("B")})});
  for (const Sync sync : {Sync::held, Sync::threads}) {
    Schedule schedule = together(2, Hold::headers, 1);
    schedule.sync = sync;
    const Outcome outcome = stage.player.attempt(schedule, {});
    expect_whole(outcome);
    EXPECT_EQ(outcome.answers[0].stopped_before, 1);
    EXPECT_TRUE(outcome.answers[1].ok);
    EXPECT_FALSE(overlapped(outcome));
  }
}

TEST(Attempt, NothingIsHeldWhileOthersAreOnTheirWay) {
  // With one worker, the half request of b would keep a from ever coming to the gate.
  Stage stage({script("a", {read(), read(), put("A")}), script("b", {put("B")})}, things(false),
              TestServer::Workers::one);
  const Outcome outcome = stage.player.attempt(together(2, Hold::headers, 2), {});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
  EXPECT_GE(outcome.answers[1].steps[0].sent, outcome.answers[0].steps[1].answered);
}

TEST(Attempt, KeepsToItsOffsets) {
  Stage stage(two_puts());
  Schedule schedule = together(2);
  for (const auto& [a, b] : {std::pair{0ns, 20'000'000ns}, std::pair{300'000ns, 0ns}}) {
    schedule.offsets = {a, b};
    const Outcome outcome = stage.player.attempt(schedule, {});
    expect_whole(outcome);
    for (const std::size_t i : {0u, 1u})
      EXPECT_GE(outcome.answers[i].steps[0].released - outcome.gate_opened, schedule.offsets[i]);
    EXPECT_GE(release_spread(outcome), std::max(a, b) - std::min(a, b) - 1ms);
  }
}

TEST(Attempt, WhatWasAnsweredBeforeTheNextReleaseDidNotOverlap) {
  Stage stage(two_puts());
  Schedule schedule = together(2);
  schedule.offsets = {0ns, 200ms};
  const Outcome outcome = stage.player.attempt(schedule, {});
  expect_whole(outcome);
  EXPECT_FALSE(overlapped(outcome));
  EXPECT_LT(outcome.answers[0].ends(), outcome.answers[1].begins());
}

TEST(Attempt, ReleasesInTheGivenSequence) {
  Stage stage({{.name = "a", .times = 5, .steps = {put("A")}}});
  Schedule schedule = together(5);
  schedule.sequence = {3, 0, 4, 1, 2};
  const Outcome outcome = stage.player.attempt(schedule, {});
  expect_whole(outcome);
  Nanoseconds last{0};
  for (const int entry : schedule.sequence) {
    const Nanoseconds released =
        outcome.answers.at(static_cast<std::size_t>(entry)).steps[0].released;
    EXPECT_GE(released, last);
    last = released;
  }
}

TEST(Attempt, ByThreadsSendsNothingBeforeTheBarrier) {
  Stage stage(two_checked_puts());
  Schedule schedule = together(2, Hold::headers, 1);
  schedule.sync = Sync::threads;
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = stage.player.attempt(schedule, {});
    expect_whole(outcome);
    EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
    for (const Answer& answer : outcome.answers) {
      EXPECT_LT(answer.steps.at(0).answered, outcome.gate_opened);
      EXPECT_GE(answer.steps.at(1).sent, outcome.gate_opened);
      EXPECT_EQ(answer.steps.at(1).sent, answer.steps.at(1).released);
    }
  }
}

/// Lets two requests in, and answers neither before both are there.
TestServer::Handler only_in_pairs(const TestServer::Handler& otherwise) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable both;
    int present = 0;
  };
  return [meeting = std::make_shared<Meeting>(), otherwise](const Seen& seen, net::TestPeer& peer) {
    if (seen.request.method == "PUT") {
      std::unique_lock lock(meeting->mutex);
      const int number = ++meeting->present;
      meeting->both.notify_all();
      meeting->both.wait_for(lock, 10s,
                             [&] { return meeting->present > (number - 1) / 2 * 2 + 1; });
    }
    return otherwise(seen, peer);
  };
}

TEST(Attempt, BothAreInFlightAtOnce) {
  Stage stage(two_puts(), only_in_pairs(things()));
  for (const Hold hold : {Hold::headers, Hold::body}) {
    const Outcome outcome = stage.player.attempt(together(2, hold), {});
    expect_whole(outcome);
    EXPECT_TRUE(outcome.answers[0].ok && outcome.answers[1].ok);
    EXPECT_TRUE(overlapped(outcome));
  }
}

TEST(Attempt, SpreadsEntriesOverTargets) {
  TestServer other(things());
  Stage stage(two_puts());
  stage.scenario.targets.push_back(other.url());
  const Outcome outcome = stage.player.attempt(together(2), {});
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(stage.server.seen("PUT").size(), 1u);
  EXPECT_EQ(other.seen("PUT").size(), 1u);
  EXPECT_EQ(other.seen("POST").size(), 0u) << "resets go to the first target";
  EXPECT_EQ(http::find(other.seen("PUT")[0].request.fields, "Host"), other.url().substr(7));
}

TEST(Attempt, AWholeAddressGoesToItsTarget) {
  TestServer other(things());
  Stage stage(two_puts());
  stage.scenario.targets.push_back(other.url());
  stage.scenario.race[0].steps[0].target.text = other.url() + "/things/1";
  stage.scenario.race[1].steps[0].target.text = "{{$base}}/things/1";
  const Outcome outcome = stage.player.attempt(together(2), {});
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(stage.server.seen("PUT").size(), 0u);
  EXPECT_EQ(other.seen("PUT").size(), 2u);
  EXPECT_EQ(other.seen("PUT")[0].request.target, "/things/1");
}

// ------------------------------------------------------------------------------- servers that fail

struct Misdeed {
  std::string words;  // the beginning of the error
  std::function<bool(net::TestPeer&)> deed;
};

const Misdeed misdeeds[] = {
    {"not an answer of HTTP/1.x",
     [](net::TestPeer& peer) { return peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }},
    {"closed by the server before an answer", [](net::TestPeer&) { return false; }},
    {"closed by the server after 45 bytes of an answer",
     [](net::TestPeer& peer) {
       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabcde");
       return false;
     }},
    {"timed out after 200 ms", [](net::TestPeer& peer) { return !peer.read().empty(); }},
    {"timed out after 200 ms, after ",
     [](net::TestPeer& peer) {
       peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
       for (;;) {
         if (!peer.send("1\r\nx\r\n")) return false;
         net::pause({.clock = clock_of_machine, .deadline = clock_of_machine.now() + 2ms});
       }
     }},
    {"reset by the server",
     [](net::TestPeer& peer) {
       peer.reset();
       return false;
     }},
    {"the header is too large",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x'));
     }},
    {"the body is too large",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
     }},
    {"the body cannot be unpacked as its Content-Encoding says: gzip",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
     }},
};

TEST(Attempt, AMissingAnswerIsDataWithItsCause) {
  for (const Misdeed& misdeed : misdeeds)
    for (const Sync sync : {Sync::held, Sync::threads}) {
      Stage stage(two_puts(), [&misdeed, good = things()](const Seen& seen, net::TestPeer& peer) {
        if (seen.request.body == R"("B")") return misdeed.deed(peer);
        return good(seen, peer);
      });
      Schedule schedule = together(2);
      schedule.sync = sync;
      for (int round = 0; round < 2; ++round) {  // the second meets what the first left behind
        const Outcome outcome = stage.player.attempt(schedule, {.timeout = 200ms});
        expect_whole(outcome);
        EXPECT_TRUE(outcome.answers.at(0).ok) << misdeed.words;
        const Answer& lost = outcome.answers.at(1);
        EXPECT_TRUE(lost.indeterminate) << misdeed.words;
        EXPECT_EQ(lost.last_status(), 0);
        EXPECT_TRUE(lost.steps.at(0).error.starts_with(misdeed.words))
            << lost.steps.at(0).error << ", expected " << misdeed.words;
        EXPECT_EQ(lost.ends(), Nanoseconds::max());
      }
    }
}

TEST(Attempt, AConnectionThatTimedOutIsNotUsedAgain) {
  Stage stage(two_puts(), [good = things()](const Seen& seen, net::TestPeer& peer) {
    if (seen.request.body == R"("B")") return !peer.read().empty();
    return good(seen, peer);
  });
  (void)stage.player.attempt(together(2), {.timeout = 100ms});
  (void)stage.player.attempt(together(2), {.timeout = 100ms});
  std::set<int> used;
  for (const Seen& seen : stage.server.seen("PUT"))
    if (seen.request.body == R"("B")") used.insert(seen.connection);
  EXPECT_EQ(used.size(), 2u);
}

TEST(Attempt, ServersThatCloseAfterEachAnswerAreNoTrouble) {
  struct Case {
    const char* what;
    std::function<std::string(const std::string&)> wrap;
  };
  const Case cases[] = {
      {"without a word",
       [](const std::string& body) {
         return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body;
       }},
      {"as HTTP/1.0 does",
       [](const std::string& body) {
         return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body;
       }},
      {"as announced, after interim answers",
       [](const std::string& body) {
         return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" +
                body;
       }},
  };
  for (const Case& c : cases) {
    Stage stage(two_checked_puts(), [&c](const Seen&, net::TestPeer& peer) {
      peer.send(c.wrap(R"({"id": 1, "value": "new"})"));
      return false;
    });
    int lost = 0;
    for (int i = 0; i < 10; ++i) {
      const Outcome outcome = stage.player.attempt(together(2, Hold::headers, i % 2), {});
      const bool whole = !outcome.failure && outcome.answers[0].ok && outcome.answers[1].ok;
      lost += whole ? 0 : 1;
    }
    // A server so slow to close that watching it shows nothing takes the player in, once.
    EXPECT_LE(lost, 1) << c.what;
  }
}

TEST(Attempt, AnAnswerBeforeTheReleaseIsTakenAsItIs) {
  // This server refuses B when it has its head, and takes A's body only after that. The body is
  // more than sockets buffer, so B is answered before A waits at the gate.
  const net::TestListener listener;
  std::latch refused(1);
  std::vector<std::thread> serving;
  std::thread accepting([&] {
    for (;;) {
      auto peer = listener.accept();
      if (!peer.valid()) return;
      serving.emplace_back([&refused, peer = std::move(peer)]() mutable {
        const std::string head = peer.read_until("\r\n\r\n");
        if (head.find("X-Deadheat: r1/1/b") != std::string::npos) {
          peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
          refused.count_down();
          (void)peer.read_until("never");
          return;
        }
        if (head.starts_with("PUT")) {
          refused.wait();
          (void)peer.read_until("A\"");
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"id\": 1}");
      });
    }
  });
  {
    const scenario::Scenario scenario = scenario_of(
        listener.url(), {script("a", {put(std::string(16 << 20, 'A'))}), script("b", {put("B")})});
    Course course{scenario, evaluate, clock_of_machine, "r1", {}};
    Player player(course, 0);
    const Outcome outcome = player.attempt(together(2, Hold::body), {});
    expect_whole(outcome);
    EXPECT_EQ(outcome.answers.at(1).last_status(), 403);
    EXPECT_TRUE(outcome.answers.at(1).refused);
    EXPECT_TRUE(outcome.answers.at(0).ok) << outcome.answers.at(0).steps.at(0).error;
    EXPECT_FALSE(overlapped(outcome)) << "it was over before the gate opened";
  }
  listener.wake();
  accepting.join();
  for (std::thread& thread : serving) thread.join();
}

TEST(Attempt, StopEndsIt) {
  for (const Sync sync : {Sync::held, Sync::threads}) {
    Stage* running = nullptr;
    Stage stage(two_puts(), [&running, good = things()](const Seen& seen, net::TestPeer& peer) {
      if (seen.request.method != "PUT") return good(seen, peer);
      running->course.stop = true;
      return !peer.read().empty();
    });
    running = &stage;
    Schedule schedule = together(2);
    schedule.sync = sync;
    const Outcome outcome = stage.player.attempt(schedule, {.timeout = 1h});
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->message, "interrupted");
  }
}

// ------------------------------------------------------------------------------- outside the race

TEST(Outside, AnUnexpectedResetSaysWhatItGot) {
  Stage stage(two_puts(), [](const Seen&, net::TestPeer& peer) {
    return reply(peer, 500, R"({"error": "full"})");
  });
  Outcome outcome = stage.player.attempt(together(2), {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::unexpected);
  EXPECT_EQ(outcome.failure->message,
            R"(reset: POST /things answered 500 {"error":"full"}, expected any 2xx)");
  EXPECT_EQ(outcome.failure->place.line, 7);
  EXPECT_TRUE(stage.server.seen("PUT").empty());

  stage.scenario.reset[0].expect = scenario::Expect{.statuses = {200, 201}};
  outcome = stage.player.attempt(together(2), {});
  EXPECT_EQ(outcome.failure->message,
            R"(reset: POST /things answered 500 {"error":"full"}, expected 200 or 201)");

  stage.scenario.reset[0].expect =
      scenario::Expect{.statuses = {500}, .condition = scenario::Expression{".body.id", {}}};
  outcome = stage.player.attempt(together(2), {});
  EXPECT_EQ(
      outcome.failure->message,
      R"(reset: POST /things answered 500 {"error":"full"}, expected 500, and .body.id to be true)");
}

TEST(Outside, ALongAnswerIsCutBetweenCharacters) {
  Stage stage(two_puts(), [](const Seen&, net::TestPeer& peer) {
    std::string body = "x";
    for (int i = 0; i < 200; ++i) body += "주";
    return peer.send(http::encode(http::Response{.status = 500, .body = body}));
  });
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_NE(outcome.failure->message.find("주…, expected any 2xx"), std::string::npos)
      << outcome.failure->message;
}

TEST(Outside, ACaptureThatFindsNothingIsAFailure) {
  Stage stage(two_puts());
  stage.scenario.reset[0].captures[0].from = {".body.number", {9, 3}};
  const Outcome outcome = stage.player.reset_only({});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::expression);
  EXPECT_EQ(
      outcome.failure->message,
      R"(reset: capture thing: .body.number is null in the answer 201 {"id":1,"value":"new"}, expected a value)");
  EXPECT_EQ(outcome.failure->place.line, 9);
}

TEST(Outside, NobodyThereIsUnreachable) {
  std::string url;
  {
    const net::TestListener gone;
    url = gone.url();
  }
  const scenario::Scenario scenario = scenario_of(url, two_puts());
  Course course{scenario, evaluate, clock_of_machine, "r1", {}};
  Player player(course, 0);
  const Outcome outcome = player.attempt(together(2), {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::unreachable);
  EXPECT_EQ(outcome.failure->message,
            "reset: POST /things: no connection to " + url + ": connection refused");
}

TEST(Outside, NoAnswerToAResetIsAFailure) {
  Stage stage(two_puts(), [](const Seen&, net::TestPeer&) { return false; });
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, Failure::Kind::no_answer);
  EXPECT_EQ(outcome.failure->message,
            "reset: POST /things: closed by the server before an answer, expected an answer");
  EXPECT_EQ(stage.server.seen("POST").size(), 1u) << "a POST is not sent twice";
}

TEST(Outside, SetupBindsForAllAndTeardownAlwaysRuns) {
  Stage stage(two_puts());
  scenario::Request make = request("POST", "/things");
  make.captures = {{.name = "shared", .from = {".body.id", {}}}};
  stage.scenario.setup = {make};
  stage.scenario.reset = {};
  for (scenario::Script& each : stage.scenario.race)
    each.steps[0].target.text = "/things/{{shared}}";
  stage.scenario.observe[0].request.target.text = "/things/{{shared}}";
  stage.scenario.teardown = {request("DELETE", "/things/{{shared}}")};
  EXPECT_FALSE(stage.player.set_up());
  EXPECT_EQ(stage.course.bindings.at("shared"), 1);
  Player other(stage.course, 1);
  const Outcome outcome = other.attempt(together(2), {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.bindings.at("shared"), 1);
  stage.course.stop = true;
  stage.player.tear_down();
  EXPECT_EQ(stage.server.seen("DELETE").size(), 1u);
}

TEST(Outside, SetupThatFailsSaysSo) {
  Stage stage(two_puts());
  stage.scenario.setup = {request("GET", "/things/99")};
  const auto failure = stage.player.set_up();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "setup: GET /things/99 answered 404 {}, expected any 2xx");
}

TEST(Outside, CleansUpAfterEachWhateverComesBack) {
  Stage stage(two_puts());
  stage.scenario.cleanup = {request("DELETE", "/things/{{thing}}"), request("DELETE", "/nothing")};
  expect_whole(stage.player.serial({.turns = {0, 1}}, {}));
  expect_whole(stage.player.attempt(together(2), {}));
  EXPECT_EQ(stage.server.seen("DELETE").size(), 4u);
}

TEST(Outside, A404IsAState) {
  Stage stage({script("a", {request("DELETE", "/things/{{thing}}")}), script("b", {put("B")})});
  const Outcome outcome = stage.player.serial({.turns = {0}}, {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.after.at(0).status, 404);
}

/// After a PUT, its value shows only from that read on.
TestServer::Handler settles_at_read(int shown_from) {
  struct State {
    std::mutex mutex;
    int reads = 0;
  };
  return [state = std::make_shared<State>(), shown_from](const Seen& seen, net::TestPeer& peer) {
    const std::lock_guard lock(state->mutex);
    if (seen.request.method != "GET") {
      state->reads = 0;
      return reply(peer, 200, R"({"id": 1})");
    }
    return reply(peer, 200, ++state->reads >= shown_from ? R"({"value": 2})" : R"({"value": 1})");
  };
}

TEST(Settling, IsLearntFromReadsThatAgree) {
  Stage stage(two_puts(), settles_at_read(2));
  const Outcome moving = stage.player.serial({.turns = {0}}, {.learn_settling = true});
  expect_whole(moving);
  EXPECT_GE(moving.settled_after, 50ms);
  EXPECT_EQ(moving.after.at(0).body.at("value"), 2);

  Stage still(two_puts());
  const Outcome quiet = still.player.serial({.turns = {0}}, {.learn_settling = true});
  expect_whole(quiet);
  EXPECT_EQ(quiet.settled_after, 0ns);
}

TEST(Settling, TwoReadsThatAgreeOnTheOldStateAreNotBelieved) {
  Stage stage(two_puts(), settles_at_read(3));
  const Outcome late = stage.player.serial({.turns = {0}}, {.learn_settling = true});
  expect_whole(late);
  EXPECT_GE(late.settled_after, 200ms);
  EXPECT_EQ(late.after.at(0).body.at("value"), 2);
}

TEST(Settling, OfAStateThatNeverAgreesIsNotLearnt) {
  std::atomic<int> reads = 0;
  Stage stage(two_puts(), [&reads](const Seen&, net::TestPeer& peer) {
    return reply(peer, 200, R"({"id": )" + std::to_string(++reads) + "}");
  });
  const Outcome outcome = stage.player.serial({.turns = {0}}, {.learn_settling = true});
  expect_whole(outcome);
  EXPECT_EQ(outcome.settled_after, 0ns);
}

TEST(Settling, CallsToSinksAreWaitedFor) {
  std::string told;  // the address of the sink, by the reset
  int reads = 0;
  const auto call_the_sink = [&] {
    const std::size_t slash = told.find('/', 7);
    const net::Route route{.addresses = *net::resolve(*net::parse_endpoint(told.substr(0, slash)))};
    net::Connection connection(route);
    const net::Wait wait{clock_of_machine, clock_of_machine.now() + 20s};
    const http::Request request{
        .method = "POST", .target = told.substr(slash), .fields = {{"Host", "x"}}};
    (void)connection.await_established(wait);
    (void)connection.send_all(http::encode(request), wait);
    EXPECT_TRUE(connection.receive(http::ResponseReader(), wait));
  };
  // The first read is the one before the race, the second is made at once after it.
  Stage stage(two_puts(), [&, inner = things()](const Seen& seen, net::TestPeer& peer) {
    if (seen.request.method == "POST") told = base::parse_json(seen.request.body)->as_string();
    if (seen.request.method == "GET" && ++reads == 3) call_the_sink();
    return inner(seen, peer);
  });
  stage.scenario.sinks = {{.name = "pay"}};
  stage.scenario.reset[0].body = {.kind = scenario::Body::Kind::json, .value = "{{$sink.pay}}/c"};
  const auto sinks = sink::Sinks::open(stage.scenario, evaluate, clock_of_machine, "r1");
  ASSERT_TRUE(sinks);
  stage.course.sinks = sinks->get();
  const Outcome outcome = stage.player.serial({.turns = {0}}, {.learn_settling = true});
  expect_whole(outcome);
  EXPECT_EQ(reads, 4) << "a mail may follow, however quiet the state is";
  EXPECT_GE(outcome.settled_after, 50ms);
  ASSERT_EQ(outcome.before.size(), 1u) << "no state that a reset brings back";
  ASSERT_EQ(outcome.after.size(), 2u);
  EXPECT_EQ(outcome.after[1].name, "pay");
  EXPECT_EQ(outcome.after[1].body.at(0).at("path"), "/c");
  EXPECT_EQ(outcome.bindings.at("$sink.pay").as_string(), told.substr(0, told.size() - 2));
}

TEST(Settling, ASecondLookIsTakenWhereAskedFor) {
  Stage stage(two_puts(), settles_at_read(2));
  const Outcome outcome = stage.player.attempt(together(2), {.settle = 5ms, .look_again = 5ms});
  expect_whole(outcome);
  EXPECT_EQ(outcome.after.at(0).body.at("value"), 1);
  EXPECT_EQ(outcome.later.at(0).body.at("value"), 2);
  EXPECT_TRUE(stage.player.attempt(together(2), {}).later.empty());
}

TEST(Copies, ActAsWhoTheyAre) {
  scenario::Script each = script("each", {put("{{name}}")});
  each.actor = "users";
  each.times = 2;
  each.cast = {"users[0]", "users[1]"};
  Stage stage({each});
  for (const char* name : {"ann", "bob"}) {
    const std::string number = std::to_string(stage.scenario.actors.size());
    stage.scenario.actors.push_back({.name = "users[" + number + "]",
                                     .headers = {{"X-User", {"{{name}}", {}}}},
                                     .variables = {{"name", name}}});
  }
  const Outcome outcome = stage.player.attempt(together(2), {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.answers.at(0).bindings.at("name"), "ann") << "it is known by its name";
  EXPECT_EQ(outcome.answers.at(1).bindings.at("name"), "bob");
  std::set<std::string> sent;
  for (const Seen& seen : stage.server.seen("PUT"))
    sent.insert(std::string(*http::find(seen.request.fields, "X-User")) + seen.request.body);
  EXPECT_EQ(sent, (std::set<std::string>{R"(ann"ann")", R"(bob"bob")"}));
}

/// POST /login with a name sets a session of that name; everything else notes who came.
struct Door {
  std::mutex mutex;
  std::vector<std::string> seen;  // "PUT a=1"
  TestServer::Handler handler() {
    return [this, good = things()](const Seen& one, net::TestPeer& peer) {
      {
        const std::lock_guard lock(mutex);
        seen.push_back(one.request.method + " " +
                       std::string(http::find(one.request.fields, "Cookie").value_or("-")));
      }
      if (one.request.target != "/login") return good(one, peer);
      return peer.send(http::encode(
          http::Response{.status = 302,
                         .fields = {{"Set-Cookie", "session=" + one.request.body + "; Path=/"},
                                    {"Content-Type", "application/json"}},
                         .body = R"({"token": "t-)" + one.request.body + R"("})"}));
    };
  }
  int count(const std::string& line) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(std::count(seen.begin(), seen.end(), line));
  }
};

scenario::Actor somebody(const std::string& name) {
  scenario::Request login = request("POST", "/login");
  login.body = {.kind = scenario::Body::Kind::text, .value = "{{name}}"};
  login.captures = {{.name = "token", .from = {".body.token", {}}}};
  return {.name = name,
          .headers = {{"Authorization", {"Bearer {{token}}", {}}}, {"Cookie", {"theme=dark", {}}}},
          .variables = {{"name", name}},
          .login = {login}};
}

TEST(Sessions, AnActorLogsInOnceAndKeepsItsCookies) {
  Door door;
  Stage stage(two_puts(), door.handler());
  stage.scenario.actors = {somebody("ann"), somebody("bob")};
  stage.scenario.race[0].actor = "ann";
  stage.scenario.race[1].actor = "bob";
  stage.scenario.observe[0].request.actor = "bob";
  ASSERT_FALSE(stage.player.set_up());
  Player other(stage.course, 1);
  for (Player* player : {&stage.player, &other}) {
    const Outcome outcome = player->attempt(together(2), {});
    expect_whole(outcome);
    EXPECT_EQ(outcome.answers.at(0).bindings.at("token"), "t-ann") << "a name for the comparison";
  }
  EXPECT_EQ(door.count("POST -"), 4) << "two logins and two resets, by nobody";
  EXPECT_EQ(door.count("PUT theme=dark; session=ann"), 2);
  EXPECT_EQ(door.count("PUT theme=dark; session=bob"), 2);
  EXPECT_EQ(door.count("GET theme=dark; session=bob"), 4);
  for (const Seen& seen : stage.server.seen("PUT"))
    EXPECT_TRUE(http::find(seen.request.fields, "Authorization")->starts_with("Bearer t-"));
}

TEST(Sessions, WhatALoginAnsweredIsNotShown) {
  Door door;
  Stage stage(two_puts(), door.handler());
  stage.scenario.actors = {somebody("ann")};
  stage.scenario.actors[0].login[0].expect = scenario::Expect{.statuses = {201}};
  const auto failure = stage.player.set_up();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "login of ann: POST /login answered 302, expected 201");
}

TEST(Sessions, OfAnAttemptEndWithIt) {
  Door door;
  scenario::Request login = request("POST", "/login");
  login.body = {.kind = scenario::Body::Kind::text, .value = "{{$attempt}}"};
  login.expect = scenario::Expect{.statuses = {302}};
  login.actor = "ann";
  Stage stage(two_puts(), door.handler());
  stage.scenario.actors = {{.name = "ann"}};
  stage.scenario.race[0].actor = "ann";
  stage.scenario.reset.push_back(login);
  for (int i = 0; i < 2; ++i) expect_whole(stage.player.attempt(together(2), {}));
  EXPECT_EQ(door.count("PUT session=1"), 1);
  EXPECT_EQ(door.count("PUT session=2"), 1);
  EXPECT_EQ(door.count("PUT -"), 2) << "of the script without an actor";
  EXPECT_EQ(door.count("POST session=1"), 0) << "the second attempt begins anew";
}

/// /STATUS/... redirects with that status to /things/1 of the same, or to where the query says.
TestServer::Handler redirecting() {
  return [good = things()](const Seen& seen, net::TestPeer& peer) {
    const std::string& target = seen.request.target;
    if (!target.starts_with("/30")) return good(seen, peer);
    const std::size_t query = target.find('?');
    const std::string to = query == std::string::npos ? "../things/1" : target.substr(query + 1);
    return peer.send(http::encode(
        http::Response{.status = std::atoi(target.c_str() + 1), .fields = {{"Location", to}}}));
  };
}

TEST(Redirects, AreFollowedAsBrowsersDo) {
  struct Case {
    const char* method;
    const char* target;
    int redirects;
    int status;
    const char* arrived;  // with which method at /things/1; "" for none
  };
  const Case cases[] = {
      {"POST", "/303/x", 1, 200, "GET"},
      {"PUT", "/303/x", 1, 200, "GET"},
      {"POST", "/302/x", 1, 200, "GET"},
      {"PUT", "/302/x", 1, 200, "PUT"},
      {"PUT", "/307/x", 1, 200, "PUT"},
      {"DELETE", "/308/x", 1, 204, "DELETE"},
      {"PUT", "/307/x", 0, 307, ""},
      {"PUT", "/307/x?/307/y", 1, 307, ""},
      {"PUT", "/307/x?/307/y", 2, 200, "PUT"},
      {"PUT", "/307/x?http://192.0.2.1/", 9, 307, ""},
      {"PUT", "/307/x?//192.0.2.1/", 9, 307, ""},
      {"PUT", "/307/x?{{$base}}/things/1", 1, 200, "PUT"},
      {"PUT", "/307/x?ftp://x", 9, 307, ""},
  };
  for (const Case& c : cases) {
    scenario::Request redirected = request(c.method, c.target);
    redirected.body = {.kind = scenario::Body::Kind::json, .value = "moved"};
    redirected.redirects = c.redirects;
    Stage stage({script("a", {redirected}), script("b", {read()})}, redirecting());
    const std::string base = stage.scenario.targets[0];
    std::string& target = stage.scenario.race[0].steps[0].target.text;
    if (const std::size_t at = target.find("{{$base}}"); at != std::string::npos)
      target.replace(at, 9, base);
    const Outcome outcome = stage.player.attempt(together(2), {});
    expect_whole(outcome);
    const Step& step = outcome.answers.at(0).steps.at(0);
    EXPECT_EQ(outcome.answers.at(0).steps.size(), 1u);
    EXPECT_EQ(step.status, c.status) << c.method << " " << c.target;
    EXPECT_GE(step.released, outcome.gate_opened) << "the first request waited at the gate";
    const std::string line = std::string(c.arrived);
    int arrived = 0;
    for (const Seen& seen : stage.server.seen(line))
      if (seen.request.target == "/things/1" &&
          http::find(seen.request.fields, "X-Deadheat")->ends_with("/a"))
        arrived += seen.request.body == (line == "GET" ? "" : R"("moved")");
    EXPECT_EQ(arrived, line.empty() ? 0 : 1) << c.method << " " << c.target;
  }
}

TEST(Redirects, OutsideTheRaceToo) {
  Stage stage(two_puts(), redirecting());
  stage.scenario.observe[0].request.target.text = "/302/x";
  const Outcome seen = stage.player.reset_only({});
  expect_whole(seen);
  EXPECT_EQ(seen.after.at(0).status, 302) << "not followed unless asked for";
  stage.scenario.observe[0].request.redirects = 1;
  const Outcome followed = stage.player.reset_only({});
  expect_whole(followed);
  EXPECT_EQ(followed.after.at(0).status, 200);
  stage.scenario.reset.push_back(request("GET", "/302/x?http://192.0.2.1/y"));
  stage.scenario.reset.back().redirects = 5;
  EXPECT_EQ(stage.player.reset_only({}).failure->message,
            "reset: GET /302/x?http://192.0.2.1/y answered 302 to http://192.0.2.1/y, expected any "
            "2xx");
}

scenario::Request command(std::vector<std::string> words) {
  scenario::Request made{.place = {5, 3}};
  for (std::string& word : words) made.exec.words.push_back({std::move(word), {}});
  return made;
}

TEST(Commands, StandInResetAndObserve) {
  Stage stage(two_puts());
  scenario::Request make =
      command({"/bin/sh", "-c", R"(echo "{\"id\": \"$thing.$DEADHEAT_RUN\"}")"});
  make.captures = {{.name = "made", .from = {".body.id", {}}}};
  stage.scenario.reset.push_back(make);
  stage.scenario.observe.push_back({"echo", command({"printf", "%s", "saw {{made}}"})});
  const Outcome outcome = stage.player.attempt(together(2), {});
  expect_whole(outcome);
  EXPECT_EQ(outcome.bindings.at("made"), "1.r1");
  EXPECT_EQ(outcome.after.at(1).body, "saw 1.r1");
  EXPECT_EQ(outcome.after.at(1).status, 200);
}

TEST(Commands, ThatFailSayHow) {
  Stage stage(two_puts());
  stage.scenario.reset.push_back(
      command({"/bin/sh", "-c", "echo half; echo no database >&2; exit 3"}));
  auto failure = stage.player.reset_only({}).failure;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Failure::Kind::unexpected);
  EXPECT_EQ(failure->message,
            "reset: exec echo half; echo no database >&2; exit 3 ended with 3 half, expected exit "
            "status 0: no database ");
  EXPECT_EQ(failure->place.line, 5);
  stage.scenario.reset.back().expect = scenario::Expect{.statuses = {3}};
  EXPECT_FALSE(stage.player.reset_only({}).failure);
  stage.scenario.reset.back() = command({"/nowhere/at-all"});
  failure = stage.player.reset_only({}).failure;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message,
            "reset: exec /nowhere/at-all: cannot be started: No such file or directory");
  stage.scenario.reset.back() = command({"sleep", "1000"});
  failure = stage.player.reset_only({.timeout = 50ms}).failure;
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->message.ends_with("s and was stopped")) << failure->message;
}

TEST(Suffix, IsPlayedBeforeTheStateIsReadAndKeepsItsAnswers) {
  Stage stage(two_puts());
  scenario::Request make = request("POST", "/things");
  make.captures = {{.name = "made", .from = {".body.id", {}}}};
  stage.scenario.suffix = {put("C"), make, request("GET", "/things/{{made}}")};
  for (const bool learns : {false, true}) {
    const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {.learn_settling = learns});
    expect_whole(outcome);
    ASSERT_EQ(outcome.suffix.size(), 3u);
    EXPECT_EQ(outcome.suffix[0].name, "suffix 1");
    EXPECT_EQ(outcome.suffix[0].body.at("value"), "C");
    EXPECT_EQ(outcome.suffix[1].status, 201);
    EXPECT_EQ(outcome.suffix[2].body.at("value"), "new");
    EXPECT_EQ(outcome.before.at(0).body.at("value"), "new");
    EXPECT_EQ(outcome.after.at(0).body.at("value"), "C") << "the state is read after it";
    EXPECT_FALSE(outcome.bindings.contains("made")) << "it would name what is to be compared";
  }
  const Outcome attempt = stage.player.attempt(together(2), {});
  expect_whole(attempt);
  EXPECT_EQ(attempt.after.at(0).body.at("value"), "C");
  EXPECT_EQ(outcome::as_rules_input(attempt, stage.scenario).at("suffix").at(0).at("status"), 200);
}

TEST(Suffix, ARequestThatLacksACaptureIsNotSent) {
  Stage stage(two_puts());
  scenario::Request missing = request("GET", "/things/99");
  missing.captures = {{.name = "made", .from = {".body.id", {}}}};
  stage.scenario.suffix = {missing, request("GET", "/things/{{made}}"), read()};
  const Outcome outcome = stage.player.serial({.turns = {0, 1}}, {});
  expect_whole(outcome);
  ASSERT_EQ(outcome.suffix.size(), 3u);
  EXPECT_EQ(outcome.suffix[0].status, 404);
  EXPECT_EQ(outcome.suffix[1].status, 0);
  EXPECT_EQ(outcome.suffix[2].status, 200);
}

TEST(ResetOnly, ReadsTheStateTwice) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.reset_only({});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers.empty());
  EXPECT_EQ(outcome.before.at(0).body, outcome.after.at(0).body);
  EXPECT_TRUE(stage.server.seen("PUT").empty());
}

// ------------------------------------------------------------------------- overlap at the server

TestServer::Handler slow_writes(Nanoseconds time) {
  return [time, good = things(false)](const Seen& seen, net::TestPeer& peer) {
    if (seen.request.method == "PUT")
      net::pause({.clock = clock_of_machine, .deadline = clock_of_machine.now() + time});
    return good(seen, peer);
  };
}

TEST(OverlapAtTheServer, APairTakesTheSumWhereOneWorks) {
  Stage stage(two_puts(), slow_writes(20ms), TestServer::Workers::one);
  const auto pair = stage.player.pair(0, 1, {});
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->answered);
  EXPECT_GE(pair->together, 40ms);
}

TEST(OverlapAtTheServer, APairIsServedTogetherWhereManyWork) {
  // Neither is answered before both are there: with one worker this would take ten seconds.
  Stage stage(two_checked_puts(), only_in_pairs(things()));
  const auto pair = stage.player.pair(0, 1, {.timeout = 5s});
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->answered);
  EXPECT_GT(pair->together, 0ns);
  std::set<std::string> targets;
  for (const Seen& seen : stage.server.seen("PUT")) targets.insert(seen.request.target);
  EXPECT_EQ(targets.size(), 2u) << "each has a reset of its own";
}

TEST(OverlapAtTheServer, APairOfFailedResetsIsNone) {
  Stage stage(two_puts(), [](const Seen&, net::TestPeer& peer) { return reply(peer, 500); });
  EXPECT_FALSE(stage.player.pair(0, 1, {}));
}

TEST(OverlapAtTheServer, AReadBesideAHeldRequestTellsOneWorkerFromMany) {
  Stage many(two_checked_puts());
  EXPECT_EQ(many.player.serves_two_connections(10s), true);
  EXPECT_TRUE(many.server.seen("PUT").empty()) << "the held request is never completed";

  Stage one(two_checked_puts(), things(false), TestServer::Workers::one);
  EXPECT_EQ(one.player.serves_two_connections(100ms), false);

  Stage bodyless({script("a", {read()}), script("b", {read()})});
  EXPECT_EQ(bodyless.player.serves_two_connections(10s), true);
  Stage bodyless_one({script("a", {read()}), script("b", {read()})}, things(false),
                     TestServer::Workers::one);
  EXPECT_EQ(bodyless_one.player.serves_two_connections(100ms), false) << "held in the head";
  Stage blind(two_puts());
  blind.scenario.observe.clear();
  EXPECT_EQ(blind.player.serves_two_connections(10s), std::nullopt);
}

TEST(Lanes, KnowWhetherTheTargetKeepsConnections) {
  for (const bool keeps : {true, false}) {
    Stage stage(two_puts(), things(keeps));
    EXPECT_FALSE(stage.player.keeps_alive()) << "nothing was asked yet";
    EXPECT_FALSE(stage.player.reset_only({}).failure);
    EXPECT_EQ(stage.player.keeps_alive(), keeps);
  }
}

TEST(Lanes, PlaySideBySideAndOpenTheirGatesInTurn) {
  Stage stage(two_checked_puts());
  constexpr int count = 4, attempts = 10;
  std::vector<std::pair<Nanoseconds, Nanoseconds>> openings[count];  // until the last was released
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < count; ++lane)
    lanes.emplace_back([&stage, &mine = openings[lane], lane] {
      Player player(stage.course, lane);
      for (int i = 0; i < attempts; ++i) {
        const Outcome outcome = player.attempt(together(2, Hold::headers, 1), {});
        expect_whole(outcome);
        EXPECT_TRUE(outcome.answers.at(0).ok && outcome.answers.at(1).ok);
        mine.emplace_back(outcome.gate_opened, std::max(outcome.answers[0].steps.back().released,
                                                        outcome.answers[1].steps.back().released));
      }
    });
  for (std::thread& lane : lanes) lane.join();
  EXPECT_EQ(stage.course.next_attempt, count * attempts);
  std::vector<std::pair<Nanoseconds, Nanoseconds>> all;
  for (const auto& mine : openings) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GT(all[i].first, all[i - 1].second);
}

}  // namespace
