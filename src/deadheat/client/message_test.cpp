#include "client/message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "client/things_testing.h"

namespace {

using client::Message;
using client::request;
using client::Sender;
using client::Session;

/// Two targets, of which nobody is asked anything.
struct Stage {
  Stage() {
    scenario.file = "test.yaml";
    for (const char* host : {"a.test:80", "b.test:80"}) {
      scenario.targets.push_back(std::string("http://") + host);
      targets.push_back({.base = scenario.targets.back(), .host = host});
    }
  }

  auto compose(const scenario::Request& request, std::size_t target = 0) {
    return client::compose(context, targets,
                           {.target = target, .origin = origin, .session = &session}, request,
                           bindings);
  }

  scenario::Scenario scenario;
  const expression::Evaluate evaluate = client::plain_jq;
  const std::string run = "r1", origin = "r1/2/a";
  const std::atomic<bool> stop = false;
  const client::Context context{scenario, evaluate, client::clock_of_machine, run, stop};
  std::vector<client::Target> targets;
  json::object bindings;
  Session session;
};

std::string field(const Message& message, std::string_view name) {
  return std::string(http::find(message.request.fields, name).value_or("none"));
}

TEST(Compose, SaysWhoItIs) {
  Stage stage;
  const auto message = stage.compose(request("PUT", "/things/1?x=y"), 1);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->request_line, "PUT /things/1?x=y");
  EXPECT_EQ(message->target, 1u);
  EXPECT_EQ(message->request.fields.front().name, "Host");
  EXPECT_EQ(field(*message, "Host"), "b.test:80");
  EXPECT_TRUE(field(*message, "User-Agent").starts_with("deadheat/"));
  EXPECT_EQ(field(*message, "X-Deadheat"), "r1/2/a");
  EXPECT_EQ(field(*message, "Accept"), "application/json");
  EXPECT_EQ(field(*message, "Accept-Encoding"), "identity");
  EXPECT_EQ(field(*message, "Cookie"), "none");
}

TEST(Compose, TheScenariosOwnHeadersWin) {
  Stage stage;
  scenario::Request put = request("PUT", "/");
  put.headers = {{"accept", {.text = "text/plain"}}, {"User-Agent", {.text = "me"}}};
  const auto message = stage.compose(put);
  ASSERT_TRUE(message);
  EXPECT_EQ(field(*message, "Accept"), "text/plain");
  EXPECT_EQ(field(*message, "User-Agent"), "me");
  const http::Fields& fields = message->request.fields;
  EXPECT_EQ(
      std::count_if(fields.begin(), fields.end(),
                    [](const auto& each) { return http::same_ignoring_case(each.name, "Accept"); }),
      1);
}

TEST(Compose, JoinsTheCookiesOfScenarioAndSession) {
  Stage stage;
  stage.session.cookies.keep({{"Set-Cookie", "session=ann; Path=/"}},
                             {.host = "a.test", .path = "/", .now = std::chrono::seconds(1)});
  scenario::Request get = request("GET", "/");
  EXPECT_EQ(field(*stage.compose(get), "Cookie"), "session=ann");
  get.headers = {{"Cookie", {.text = "theme=dark"}}};
  EXPECT_EQ(field(*stage.compose(get), "Cookie"), "theme=dark; session=ann");
  EXPECT_EQ(field(*stage.compose(get, 1), "Cookie"), "theme=dark") << "it is of another host";
}

TEST(Compose, ALineBreakInAHeaderIsRefused) {
  Stage stage;
  scenario::Request get = request("GET", "/");
  get.headers = {{"X-Note", {.text = "{{$note}}"}}};
  stage.bindings["$note"] = "a";
  EXPECT_TRUE(stage.compose(get));
  stage.bindings["$note"] = "a\r\nX-Other: b";
  EXPECT_FALSE(stage.compose(get));
}

TEST(Compose, AWholeAddressGoesToItsTarget) {
  Stage stage;
  const auto goes_to = [&](const char* target) {
    return stage.compose(request("GET", target))->target;
  };
  EXPECT_EQ(goes_to("http://b.test:80/things/1"), 1u);
  EXPECT_EQ(goes_to("http://a.test:80/things/1"), 0u);
  EXPECT_EQ(goes_to("/things/1"), 0u);
  stage.bindings["$base"] = "http://b.test:80";
  EXPECT_EQ(goes_to("{{$base}}/things/1"), 1u);
  EXPECT_EQ(stage.compose(request("GET", "http://b.test:80/x"))->request.target, "/x");
}

TEST(Redirected, IsAsBrowsersDo) {
  struct Case {
    const char* method;
    int status;
    const char* location;
    const char* line;  // of the request that follows; "" for none
    std::size_t target = 0;
  };
  const Case cases[] = {
      {"POST", 303, "../y", "GET /y"},
      {"PUT", 303, "../y", "GET /y"},
      {"HEAD", 303, "../y", "HEAD /y"},
      {"POST", 302, "/y", "GET /y"},
      {"PUT", 302, "/y", "PUT /y"},
      {"POST", 301, "/y", "GET /y"},
      {"POST", 307, "z?q", "POST /x/z?q"},
      {"DELETE", 308, "/y", "DELETE /y"},
      {"PUT", 307, "http://b.test:80/y", "PUT /y", 1},
      {"PUT", 307, "//b.test:80", "PUT /", 1},
      // near misses
      {"PUT", 304, "/y", ""},
      {"PUT", 200, "/y", ""},
      {"PUT", 307, "http://192.0.2.1/", ""},
      {"PUT", 307, "//192.0.2.1/", ""},
      {"PUT", 307, "ftp://a.test:80/", ""},
      {"PUT", 307, "/y\r\nX: y", ""},
  };
  for (const Case& c : cases) {
    Stage stage;
    scenario::Request asked = request(c.method, "/x/1");
    asked.redirects = 1;
    asked.body = {.kind = scenario::Body::Kind::json, .value = "moved"};
    const auto message = stage.compose(asked);
    ASSERT_TRUE(message);
    const auto next =
        client::redirected(stage.context, stage.targets, *message,
                           {.status = c.status, .fields = {{"Location", c.location}}}, nullptr);
    EXPECT_EQ(next ? next->request_line : "", c.line) << c.method << c.status << c.location;
    if (!next) continue;
    EXPECT_EQ(next->target, c.target);
    EXPECT_EQ(field(*next, "Host"), stage.targets[c.target].host);
    const bool repeats = next->request.method == c.method;
    EXPECT_EQ(next->request.body, repeats ? R"("moved")" : "") << c.method << c.status;
  }
}

}  // namespace
