#include "client/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <utility>
#include <vector>

#include "client/things_testing.h"

namespace {

using namespace std::chrono_literals;
using client::Client;
using client::clock_of_machine;
using client::Errand;
using client::read;
using client::reply;
using client::request;
using client::TestServer;
using client::things;
using outcome::Failure;
using Seen = TestServer::Seen;

/// A client, and a server for it.
struct Stage {
  explicit Stage(TestServer::Handler handler = things()) : server(std::move(handler)) {
    scenario.file = "test.yaml";
    scenario.targets = {server.url()};
  }

  auto ask(const scenario::Request& request,
           const Errand& errand = {.role = "it", .timeout = 10s}) {
    return client.ask(request, bindings, sessions, errand);
  }
  /// What a reset of this one request fails with.
  Failure reset_by(const scenario::Request& request, base::Nanoseconds timeout = 10s) {
    const auto failure =
        client.perform(request, bindings, sessions,
                       {.role = "reset", .needs_success = true, .timeout = timeout}, bindings);
    EXPECT_TRUE(failure);
    return failure.value_or(Failure{});
  }

  TestServer server;
  scenario::Scenario scenario;
  const expression::Evaluate evaluate = client::plain_jq;
  const std::string run = "r1";
  std::atomic<bool> stop = false;
  json::object bindings;
  client::Sessions sessions;
  Client client{{scenario, evaluate, clock_of_machine, run, stop}, 7};
};

TestServer::Handler always(int status, const std::string& body) {
  return [=](const Seen&, net::TestPeer& peer) { return reply(peer, status, body); };
}

TEST(Ask, GivesTheAnswerAsExpressionsSeeIt) {
  Stage stage;
  const auto seen = stage.ask(request("POST", "/things"));
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(seen->at("status"), 201);
  EXPECT_EQ(seen->at("body").at("id"), 1);
  EXPECT_EQ(seen->at("headers").at("content-type"), "application/json");
  EXPECT_EQ(http::find(stage.server.seen("POST").at(0).request.fields, "X-Deadheat"), "r1/0/it");
}

TEST(Ask, AnUnexpectedAnswerSaysWhatItGot) {
  Stage stage(always(500, R"({"error": "full"})"));
  scenario::Request reset = request("POST", "/things");
  Failure failure = stage.reset_by(reset);
  EXPECT_EQ(failure.kind, Failure::Kind::unexpected);
  EXPECT_EQ(failure.message,
            R"(reset: POST /things answered 500 {"error":"full"}, expected any 2xx)");
  EXPECT_EQ(failure.place.line, 7);

  reset.expect = scenario::Expect{.statuses = {200, 201}};
  EXPECT_EQ(stage.reset_by(reset).message,
            R"(reset: POST /things answered 500 {"error":"full"}, expected 200 or 201)");

  reset.expect =
      scenario::Expect{.statuses = {500}, .condition = scenario::Expression{".body.id", {}}};
  EXPECT_EQ(
      stage.reset_by(reset).message,
      R"(reset: POST /things answered 500 {"error":"full"}, expected 500, and .body.id to be true)");

  reset.expect->condition->jq = ".status.of.what";
  failure = stage.reset_by(reset);
  EXPECT_EQ(failure.kind, Failure::Kind::expression);
  EXPECT_EQ(failure.message,
            R"(reset: POST /things answered 500 {"error":"full"}: .status.of.what: )"
            "cannot be indexed");
}

TEST(Ask, AnyAnswerIsOneWhereNothingIsExpected) {
  Stage stage(always(500, R"({"error": "full"})"));
  EXPECT_TRUE(stage.ask(request("GET", "/things/1")));
}

TEST(Ask, ALongAnswerIsCutBetweenCharacters) {
  std::string body = "x";
  for (int i = 0; i < 200; ++i) body += "주";
  Stage stage([body](const Seen&, net::TestPeer& peer) {
    return peer.send(http::encode(http::Response{.status = 500, .body = body}));
  });
  const Failure failure = stage.reset_by(request("POST", "/things"));
  EXPECT_NE(failure.message.find("주…, expected any 2xx"), std::string::npos) << failure.message;
}

TEST(Ask, ACaptureThatFindsNothingIsAFailure) {
  Stage stage;
  scenario::Request reset = request("POST", "/things");
  reset.captures = {{.name = "thing", .from = {".body.number", {9, 3}}}};
  const Failure failure = stage.reset_by(reset);
  EXPECT_EQ(failure.kind, Failure::Kind::expression);
  EXPECT_EQ(
      failure.message,
      R"(reset: capture thing: .body.number is null in the answer 201 {"id":1,"value":"new"}, expected a value)");
  EXPECT_EQ(failure.place.line, 9);
}

TEST(Ask, NobodyThereIsUnreachable) {
  Stage stage;
  {
    const net::TestListener gone;
    stage.scenario.targets = {gone.url()};
  }
  const auto seen = stage.ask(request("POST", "/things"));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().kind, Failure::Kind::unreachable);
  EXPECT_EQ(seen.error().message, "it: POST /things: no connection to " +
                                      stage.scenario.targets[0] + ": connection refused");
}

TEST(Ask, NoAnswerIsAFailure) {
  Stage stage([](const Seen&, net::TestPeer&) { return false; });
  const auto seen = stage.ask(request("POST", "/things"));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().kind, Failure::Kind::no_answer);
  EXPECT_EQ(seen.error().message,
            "it: POST /things: closed by the server before an answer, expected an answer");
  EXPECT_EQ(stage.server.seen("POST").size(), 1u) << "a POST is not sent twice";
}

TEST(Ask, OnlyWhatIsSafeIsAskedAgainWhereTheServerHungUpOnAKeptConnection) {
  for (const char* method : {"GET", "POST"}) {
    int asked = 0;
    Stage stage([&asked, good = things()](const Seen& seen, net::TestPeer& peer) {
      return ++asked != 2 && good(seen, peer);  // it keeps the connection once
    });
    ASSERT_TRUE(stage.ask(request("POST", "/things")));
    const bool safe = method == std::string("GET");
    EXPECT_EQ(stage.ask(request(method, "/things/1")).has_value(), safe);
    EXPECT_EQ(stage.server.seen().size(), safe ? 3u : 2u);
    EXPECT_FALSE(stage.client.pool().keeps_alive(0)) << "and it is not taken in again";
  }
}

TEST(Ask, AStopEndsOnlyWhatMayBeInterrupted) {
  Stage stage;
  stage.stop = true;
  EXPECT_FALSE(stage.ask(request("POST", "/things")));
  EXPECT_TRUE(stage.ask(request("POST", "/things"),
                        {.role = "teardown", .timeout = 10s, .interruptible = false}));
}

TEST(Ask, RedirectsAreFollowedWhereTheRequestSaysSo) {
  Stage stage([good = things()](const Seen& seen, net::TestPeer& peer) {
    const std::string& target = seen.request.target;
    if (!target.starts_with("/302")) return good(seen, peer);
    const std::size_t query = target.find('?');
    const std::string to = query == std::string::npos ? "../things/1" : target.substr(query + 1);
    return peer.send(http::encode(http::Response{.status = 302, .fields = {{"Location", to}}}));
  });
  ASSERT_TRUE(stage.ask(request("POST", "/things")));
  scenario::Request moved = request("GET", "/302/x");
  EXPECT_EQ(stage.ask(moved)->at("status"), 302);
  moved.redirects = 1;
  EXPECT_EQ(stage.ask(moved)->at("status"), 200);
  scenario::Request away = request("GET", "/302/x?http://192.0.2.1/y");
  away.redirects = 5;
  EXPECT_EQ(stage.reset_by(away).message,
            "reset: GET /302/x?http://192.0.2.1/y answered 302 to http://192.0.2.1/y, expected any "
            "2xx");
}

TEST(Observe, A404IsAState) {
  Stage stage;
  stage.scenario.observe = {{"thing", request("GET", "/things/9")}};
  stage.scenario.compare = {"content-type"};
  const auto state = stage.client.observe({}, stage.sessions, 10s);
  ASSERT_TRUE(state);
  ASSERT_EQ(state->size(), 1u);
  EXPECT_EQ(state->front().name, "thing");
  EXPECT_EQ(state->front().status, 404);
  EXPECT_EQ(state->front().headers, (json::object{{"content-type", "application/json"}}));
  EXPECT_EQ(http::find(stage.server.seen("GET").at(0).request.fields, "X-Deadheat"),
            "r1/0/observe");
}

// ------------------------------------------------------------------------------------------ logins

/// A login sets a session of the name that it is given.
TestServer::Handler door() {
  return [](const Seen& seen, net::TestPeer& peer) {
    const std::string& name = seen.request.body;
    return peer.send(
        http::encode(http::Response{.status = 302,
                                    .fields = {{"Set-Cookie", "session=" + name + "; Path=/"},
                                               {"Content-Type", "application/json"}},
                                    .body = R"({"token": "t-)" + name + R"("})"}));
  };
}

scenario::Actor ann() {
  scenario::Request login = request("POST", "/login");
  login.body = {.kind = scenario::Body::Kind::text, .value = "ann"};
  login.captures = {{.name = "token", .from = {".body.token", {}}}};
  return {.name = "ann", .login = {login}};
}

TEST(LogIn, HappensOnceAndLeavesASession) {
  Stage stage(door());
  stage.scenario.actors = {ann(), {.name = "nobody"}};
  for (int i = 0; i < 2; ++i)
    for (const char* name : {"ann", "nobody", "whoever"})
      EXPECT_FALSE(stage.client.log_in(name, {}, stage.sessions, 10s));
  EXPECT_EQ(stage.server.seen("POST").size(), 1u);
  EXPECT_EQ(stage.sessions.at("ann").values.at("token"), "t-ann");
  scenario::Request read = request("GET", "/");
  read.actor = "ann";
  ASSERT_TRUE(stage.ask(read));
  EXPECT_EQ(http::find(stage.server.seen("GET").at(0).request.fields, "Cookie"), "session=ann");
}

TEST(LogIn, WhatItAnsweredIsNotShown) {
  Stage stage(door());
  stage.scenario.actors = {ann()};
  stage.scenario.actors[0].login[0].expect = scenario::Expect{.statuses = {201}};
  const auto failure = stage.client.log_in("ann", {}, stage.sessions, 10s);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "login of ann: POST /login answered 302, expected 201");
}

// ---------------------------------------------------------------------------------------- commands

scenario::Request command(std::vector<std::string> words) {
  scenario::Request made{.place = {5, 3}};
  for (std::string& word : words) made.exec.words.push_back({std::move(word), {}});
  return made;
}

TEST(Commands, StandInResetAndObserve) {
  Stage stage;
  stage.bindings = {{"$run", "r1"}, {"thing", 1}};
  scenario::Request make =
      command({"/bin/sh", "-c", R"(echo "{\"id\": \"$thing.$DEADHEAT_RUN\"}")"});
  make.captures = {{.name = "made", .from = {".body.id", {}}}};
  EXPECT_FALSE(stage.client.perform(make, stage.bindings, stage.sessions,
                                    {.role = "reset", .timeout = 10s}, stage.bindings));
  EXPECT_EQ(stage.bindings.at("made"), "1.r1");
  stage.scenario.observe.push_back({"echo", command({"printf", "%s", "saw {{made}}"})});
  const auto state = stage.client.observe(stage.bindings, stage.sessions, 10s);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->at(0).body, "saw 1.r1");
  EXPECT_EQ(state->at(0).status, 200);
  stage.scenario.observe = {{"none", command({"false"})}};
  EXPECT_FALSE(stage.client.observe(stage.bindings, stage.sessions, 10s)) << "no state was read";
}

TEST(Commands, ThatFailSayHow) {
  Stage stage;
  scenario::Request reset = command({"/bin/sh", "-c", "echo half; echo no database >&2; exit 3"});
  const Failure failure = stage.reset_by(reset);
  EXPECT_EQ(failure.kind, Failure::Kind::unexpected);
  EXPECT_EQ(failure.message,
            "reset: exec echo half; echo no database >&2; exit 3 ended with 3 half, expected exit "
            "status 0: no database ");
  EXPECT_EQ(failure.place.line, 5);
  reset.expect = scenario::Expect{.statuses = {3}};
  EXPECT_TRUE(stage.ask(reset, {.role = "reset", .needs_success = true, .timeout = 10s}));
  EXPECT_EQ(stage.reset_by(command({"/nowhere/at-all"})).message,
            "reset: exec /nowhere/at-all: cannot be started: No such file or directory");
  const Failure slow = stage.reset_by(command({"sleep", "1000"}), 50ms);
  EXPECT_TRUE(slow.message.ends_with("s and was stopped")) << slow.message;
}

}  // namespace
