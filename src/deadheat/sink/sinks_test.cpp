#include "sink/sinks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/connection.h"

namespace {

using namespace std::chrono_literals;
using scenario::Scenario;
using scenario::Sink;
using sink::Sinks;

/// Plain paths only; anything else does not compile.
base::Result<json::value, expression::Failure> plain_paths(const std::string& jq,
                                                           const json::value& input) {
  const auto path = expression::parse_path(jq);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{expression::Failure::Kind::runtime, "not an object"});
  return *found;
}

Scenario scenario_with(std::vector<Sink> sinks) {
  Scenario scenario;
  scenario.file = "x.yaml";
  scenario.sinks = std::move(sinks);
  return scenario;
}

scenario::Reply reply(int status, json::value body = json::object()) {
  return {.status = status, .body = {.kind = scenario::Body::Kind::json, .value = std::move(body)}};
}

class SinkTest : public testing::Test {
 protected:
  void open(Scenario scenario) {
    scenario_ = std::move(scenario);
    auto opened = Sinks::open(scenario_, plain_paths, clock_, "run1");
    ASSERT_TRUE(opened) << opened.error().message;
    sinks_ = std::move(*opened);
  }
  void open_one() { open(scenario_with({{.name = "pay", .answers = {reply(200)}}})); }

  std::string address(std::optional<int> attempt = std::nullopt, const char* name = "$sink.pay") {
    json::object bindings;
    sinks_->bind(bindings, attempt);
    return std::string(bindings.at(name).as_string());
  }

  /// What is answered to a request to a URL; status 0: nothing.
  http::Response call(const std::string& url, const std::string& body = "{}",
                      http::Fields fields = {{"Content-Type", "application/json"}}) {
    const std::size_t slash = std::min(url.find('/', 7), url.size());
    const auto endpoint = net::parse_endpoint(url.substr(0, slash));
    const net::Route route{.addresses = *net::resolve(*endpoint)};
    net::Connection connection(route);
    const net::Wait wait{clock_, clock_.now() + 20s};
    fields.push_back({"Host", "x"});
    const http::Request request{.method = "POST",
                                .target = slash < url.size() ? url.substr(slash) : "/",
                                .fields = std::move(fields),
                                .body = body};
    if (!connection.await_established(wait)) return {.status = 0};
    (void)connection.send_all(http::encode(request), wait);  // the answer tells
    auto response = connection.receive(http::ResponseReader(), wait);
    return response ? std::move(*response) : http::Response{.status = 0};
  }

  /// The calls of the first sink.
  json::array calls(int attempt) {
    const auto state = sinks_->calls(attempt);
    EXPECT_TRUE(state) << state.error().message;
    return state ? state->at(0).body.get_array() : json::array();
  }

  base::SystemClock clock_;
  Scenario scenario_;
  std::unique_ptr<Sinks> sinks_;
};

TEST_F(SinkTest, AnswersAndKeepsWhatCame) {
  open_one();
  sinks_->begin(1, true);
  const base::Nanoseconds before = clock_.now();
  const auto response = call(address(1) + "/charges?for=7", R"({"amount": 5})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  const auto state = sinks_->calls(1);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->at(0).name, "pay");
  EXPECT_TRUE(state->at(0).of_sink);
  EXPECT_EQ(state->at(0).body, json::value({{{"method", "POST"},
                                             {"path", "/charges"},
                                             {"query", "for=7"},
                                             {"headers", json::object()},
                                             {"body", {{"amount", 5}}}}}));
  ASSERT_EQ(state->at(0).arrived.size(), 1U);
  EXPECT_GE(state->at(0).arrived[0], before);
}

TEST_F(SinkTest, KeepsHeadersThatAreCompared) {
  Scenario scenario = scenario_with({{.name = "pay", .answers = {reply(200)}}});
  scenario.compare = {"idempotency-key"};
  open(std::move(scenario));
  sinks_->begin(1, true);
  (void)call(address(1), "a=b", {{"Idempotency-Key", "k"}, {"Content-Type", "text/plain"}});
  const json::array seen = calls(1);
  EXPECT_EQ(seen.at(0).at("headers"), json::value({{"idempotency-key", "k"}}));
  EXPECT_EQ(seen.at(0).at("body"), "a=b");
  EXPECT_EQ(seen.at(0).at("path"), "/");
}

TEST_F(SinkTest, TellsAttemptsApartByTheirAddress) {
  open_one();
  sinks_->begin(1, true);
  sinks_->begin(2, true);
  (void)call(address(2) + "/a");
  (void)call(address(1) + "/b");
  (void)call(address(2) + "/c");
  EXPECT_EQ(calls(1).size(), 1U);
  EXPECT_EQ(calls(2).size(), 2U);
  EXPECT_EQ(calls(2).at(1).at("path"), "/c");
}

TEST_F(SinkTest, WithoutItTheOnlyAttemptThatGoesOnGetsTheCall) {
  open_one();
  sinks_->begin(1, true);
  (void)call(address() + "/a");
  sinks_->end(1);
  sinks_->begin(2, true);
  (void)call(address() + "/b");
  EXPECT_EQ(calls(2).size(), 1U);
  EXPECT_EQ(sinks_->tally().at(0).strays, 0);

  sinks_->begin(3, true);
  (void)call(address() + "/whose");
  EXPECT_EQ(calls(2).size(), 1U);
  EXPECT_EQ(calls(3).size(), 0U);
  EXPECT_EQ(sinks_->tally().at(0).strays, 1);
}

TEST_F(SinkTest, WhatComesAfterItsAttemptIsLateAndNobodyElses) {
  open_one();
  sinks_->begin(1, true);
  const std::string first = address(1);
  sinks_->end(1);
  sinks_->begin(2, true);
  (void)call(first + "/late");
  sinks_->end(2);
  (void)call(address() + "/late-too");
  sinks_->begin(3, true);
  EXPECT_EQ(calls(3).size(), 0U);
  EXPECT_EQ(sinks_->late(), (std::map<int, int>{{1, 1}, {2, 1}}));
  EXPECT_EQ(sinks_->tally().at(0).late, 2);
  EXPECT_EQ(sinks_->tally().at(0).calls, 2);
}

TEST_F(SinkTest, WhatIsNotJudgedHasNoLateCalls) {
  open_one();
  sinks_->begin(1, false);
  sinks_->begin(2, false);
  (void)call(address() + "/of a pair");
  sinks_->end(1);
  sinks_->end(2);
  (void)call(address(1));
  (void)call(address());
  EXPECT_TRUE(sinks_->late().empty());
  EXPECT_EQ(sinks_->tally().at(0).strays, 0);
}

TEST_F(SinkTest, AfterACleanupNothingIsLate) {
  Scenario scenario = scenario_with({{.name = "pay", .answers = {reply(200)}}});
  scenario.cleanup.push_back({});
  open(std::move(scenario));
  sinks_->begin(1, true);
  sinks_->end(1);
  (void)call(address(1));
  EXPECT_TRUE(sinks_->late().empty());
}

TEST_F(SinkTest, AnotherRunsCallsAreNobodys) {
  open_one();
  sinks_->begin(1, true);
  const std::string base = address();
  for (const char* path : {"/deadheat-run0-1/a", "/deadheat-run1-99/a", "/deadheat-run1-x/a",
                           "/deadheat-run1-1x/a", "/deadheat-run1-99999999999/a", "/deadheat-"})
    EXPECT_EQ(call(base + path).status, 200) << path;
  EXPECT_EQ(calls(1).size(), 0U);
  EXPECT_TRUE(sinks_->late().empty());
}

TEST_F(SinkTest, AnswersInTurnWithTheLastForEver) {
  open(
      scenario_with({{.name = "pay", .answers = {reply(503), reply(201, {{"id", "{{$uuid}}"}})}}}));
  for (const int attempt : {1, 2}) {
    sinks_->begin(attempt, true);
    EXPECT_EQ(call(address(attempt)).status, 503);
    const auto second = call(address(attempt)), third = call(address(attempt));
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body.size(), std::string(R"({"id":""})").size() + 36);
    EXPECT_NE(second.body, third.body);
  }
}

TEST_F(SinkTest, MakesTheCallerWait) {
  scenario::Reply slow = reply(200);
  slow.after = 50ms;
  open(scenario_with({{.name = "pay", .answers = {slow}}}));
  sinks_->begin(1, true);
  const base::Nanoseconds before = clock_.now();
  EXPECT_EQ(call(address(1)).status, 200);
  EXPECT_GE(clock_.now() - before, 50ms);
}

TEST_F(SinkTest, SaysWhatAnswerCannotBeComputed) {
  open(scenario_with({{.name = "pay", .answers = {reply(200, {{"id", "{{ .body.a.b }}"}})}}}));
  sinks_->begin(1, true);
  EXPECT_EQ(call(address(1), R"({"a": 1})").status, 500);
  const auto state = sinks_->calls(1);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, outcome::Failure::Kind::expression);
  EXPECT_EQ(state.error().message, "the answer of a sink: {{ .body.a.b }}: not an object");
}

TEST_F(SinkTest, HasLimits) {
  open_one();
  sinks_->begin(1, true);
  EXPECT_EQ(call(address(1), std::string(sink::most_body_bytes + 1, 'x')).status, 413);
  EXPECT_EQ(sinks_->tally().at(0).turned_away, 1);
  EXPECT_EQ(calls(1).size(), 0U);

  const net::Wait wait{clock_, clock_.now() + 60s};
  const net::Route route{.addresses = *net::resolve(*net::parse_endpoint(address()))};
  net::Connection connection(route);
  ASSERT_TRUE(connection.await_established(wait));
  const std::string one = http::encode(
      http::Request{.method = "POST", .target = "/deadheat-run1-1", .fields = {{"Host", "x"}}});
  for (std::size_t i = 0; i <= sink::most_calls; ++i) {
    connection.expect_answer();
    ASSERT_TRUE(connection.send_all(one, wait));
    ASSERT_TRUE(connection.receive(http::ResponseReader(), wait));
  }
  const auto state = sinks_->calls(1);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().message, "sink pay was called more than 2000 times in one attempt");
}

TEST_F(SinkTest, SaysWhyItCannotListen) {
  open_one();
  const auto port = static_cast<std::uint16_t>(std::stoi(address().substr(17)));
  struct Case {
    Sink sink;
    std::string message;
  };
  const Case cases[] = {
      {{.name = "a", .place = {3, 7}, .port = port},
       fmt::format("sink a: 127.0.0.1:{} is in use: stop what listens there, or take another port "
                   "(0: any)",
                   port)},
      {{.name = "a", .place = {3, 7}, .host = "pay.test"},
       "sink a: expected an address to listen on, such as 127.0.0.1, found pay.test"},
      {{.name = "a", .place = {3, 7}, .host = "192.0.2.1"},
       "sink a: cannot listen on 192.0.2.1:0: Cannot assign requested address"},
  };
  for (const Case& c : cases) {
    const Scenario scenario = scenario_with({c.sink});
    const auto opened = Sinks::open(scenario, plain_paths, clock_, "run1");
    ASSERT_FALSE(opened) << c.message;
    EXPECT_EQ(opened.error().message, c.message);
    EXPECT_EQ(opened.error().place.line, 3);
  }
}

TEST_F(SinkTest, SeveralTakeCallsFromManySides) {
  open(scenario_with({{.name = "pay", .answers = {reply(200)}},
                      {.name = "mail", .host = "127.0.0.1", .answers = {reply(202)}}}));
  sinks_->begin(1, true);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, i] {
      EXPECT_EQ(call(address(1, i % 2 == 0 ? "$sink.pay" : "$sink.mail")).status,
                i % 2 == 0 ? 200 : 202);
    });
  for (std::thread& thread : threads) thread.join();
  const auto state = sinks_->calls(1);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->at(0).body.get_array().size(), 4U);
  EXPECT_EQ(state->at(1).body.get_array().size(), 4U);
}

}  // namespace
