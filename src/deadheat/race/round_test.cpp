#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "race/player.h"
#include "race/stage_testing.h"
#include "sink/sinks.h"

namespace {

using namespace std::chrono_literals;
using client::clock_of_machine;
using client::put;
using client::read;
using client::reply;
using client::request;
using client::TestServer;
using client::things;
using outcome::Failure;
using outcome::Outcome;
using race::expect_whole;
using race::Player;
using race::script;
using race::Stage;
using race::together;
using race::two_puts;
using Seen = TestServer::Seen;

TEST(Round, NothingIsPlayedAfterAResetThatFails) {
  Stage stage(two_puts(), [](const Seen&, net::TestPeer& peer) {
    return reply(peer, 500, R"({"error": "full"})");
  });
  stage.scenario.cleanup = {request("DELETE", "/things")};
  for (const Outcome& outcome :
       {stage.player.attempt(together(2), {}), stage.player.serial({.turns = {0, 1}}, {}),
        stage.player.reset_only({})}) {
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->kind, Failure::Kind::unexpected);
    EXPECT_EQ(outcome.failure->message,
              R"(reset: POST /things answered 500 {"error":"full"}, expected any 2xx)");
    EXPECT_EQ(outcome.failure->place.line, 7);
    EXPECT_TRUE(outcome.answers.empty());
  }
  EXPECT_TRUE(stage.server.seen("PUT").empty());
  EXPECT_EQ(stage.server.seen("DELETE").size(), 3u) << "half a reset is cleaned up, too";
}

TEST(Round, SetupBindsForAllAndTeardownAlwaysRuns) {
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

TEST(Round, SetupThatFailsSaysSo) {
  Stage stage(two_puts());
  stage.scenario.setup = {request("GET", "/things/99")};
  const auto failure = stage.player.set_up();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "setup: GET /things/99 answered 404 {}, expected any 2xx");
}

TEST(Round, CleansUpAfterEachWhateverComesBack) {
  Stage stage(two_puts());
  stage.scenario.cleanup = {request("DELETE", "/things/{{thing}}"), request("DELETE", "/nothing")};
  expect_whole(stage.player.serial({.turns = {0, 1}}, {}));
  expect_whole(stage.player.attempt(together(2), {}));
  EXPECT_EQ(stage.server.seen("DELETE").size(), 4u);
}

TEST(Round, A404IsAState) {
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
  const auto sinks = sink::Sinks::open(stage.scenario, client::plain_jq, clock_of_machine, "r1");
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

TEST(Round, OfAResetAloneReadsTheStateTwice) {
  Stage stage(two_puts());
  const Outcome outcome = stage.player.reset_only({});
  expect_whole(outcome);
  EXPECT_TRUE(outcome.answers.empty());
  EXPECT_EQ(outcome.before.at(0).body, outcome.after.at(0).body);
  EXPECT_TRUE(stage.server.seen("PUT").empty());
}

}  // namespace
