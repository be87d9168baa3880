#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "race/player.h"
#include "race/stage_testing.h"

namespace {

using client::put;
using client::read;
using client::request;
using client::TestServer;
using client::things;
using outcome::Outcome;
using outcome::Step;
using race::expect_whole;
using race::Player;
using race::script;
using race::Stage;
using race::together;
using race::two_puts;
using Seen = TestServer::Seen;

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

}  // namespace
