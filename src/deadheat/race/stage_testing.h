#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/things_testing.h"
#include "race/player.h"

/// Two scripts, a server to race them on, and a player who does.
namespace race {

inline scenario::Request read_unless_taken() {
  scenario::Request made = client::read();
  made.stop_unless = scenario::Expression{R"(.body.value == "new")", {}};
  return made;
}

inline scenario::Script script(std::string name, std::vector<scenario::Request> steps) {
  return {.name = std::move(name), .steps = std::move(steps)};
}

/// Two scripts that write, over a reset that makes a thing and an observation that reads it.
inline scenario::Scenario scenario_of(const std::string& url, std::vector<scenario::Script> race) {
  scenario::Scenario made;
  made.file = "test.yaml";
  made.targets = {url};
  scenario::Request reset = client::request("POST", "/things");
  reset.captures = {{.name = "thing", .from = {".body.id", {}}}};
  made.reset = {reset};
  made.race = std::move(race);
  made.observe = {{.name = "thing", .request = client::read()}};
  return made;
}

inline std::vector<scenario::Script> two_puts() {
  return {script("a", {client::put("A")}), script("b", {client::put("B")})};
}

inline std::vector<scenario::Script> two_checked_puts() {
  return {script("a", {read_unless_taken(), client::put("A")}),
          script("b", {read_unless_taken(), client::put("B")})};
}

/// A server, a course and a player on it.
struct Stage {
  explicit Stage(std::vector<scenario::Script> race,
                 client::TestServer::Handler handler = client::things(),
                 client::TestServer::Workers workers = client::TestServer::Workers::many)
      : server(std::move(handler), workers),
        scenario(scenario_of(server.url(), std::move(race))),
        course{scenario, client::plain_jq, client::clock_of_machine, "r1", {}},
        player(course, 3) {}

  client::TestServer server;
  scenario::Scenario scenario;
  Course course;
  Player player;
};

inline schedule::Schedule together(int entries, schedule::Hold hold = schedule::Hold::headers,
                                   int gate = 0) {
  schedule::Schedule made{.hold = hold, .gate = gate};
  for (int i = 0; i < entries; ++i) {
    made.offsets.emplace_back(0);
    made.sequence.push_back(i);
  }
  return made;
}

inline void expect_whole(const outcome::Outcome& outcome) {
  EXPECT_FALSE(outcome.failure) << outcome.failure->message;
  for (const outcome::Answer& answer : outcome.answers) {
    base::Nanoseconds last{0};
    for (const outcome::Step& step : answer.steps) {
      EXPECT_LE(last, step.sent);
      EXPECT_LE(step.sent, step.released);
      EXPECT_LE(step.released, step.answered);
      last = step.answered;
    }
  }
}

/// Lets two requests in, and answers neither before both are there.
inline client::TestServer::Handler only_in_pairs(const client::TestServer::Handler& otherwise) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable both;
    int present = 0;
  };
  return [meeting = std::make_shared<Meeting>(), otherwise](const client::TestServer::Seen& seen,
                                                            net::TestPeer& peer) {
    if (seen.request.method == "PUT") {
      std::unique_lock lock(meeting->mutex);
      const int number = ++meeting->present;
      meeting->both.notify_all();
      meeting->both.wait_for(lock, std::chrono::seconds(10),
                             [&] { return meeting->present > (number - 1) / 2 * 2 + 1; });
    }
    return otherwise(seen, peer);
  };
}

}  // namespace race
