#include "client/pool.h"

#include <gtest/gtest.h>

#include <atomic>

#include "client/client.h"
#include "client/things_testing.h"

namespace {

using namespace std::chrono_literals;
using client::Line;
using client::Pool;
using client::TestServer;
using client::things;

/// A pool to one server, and lines that are fit to be kept in it.
struct Stage {
  explicit Stage(bool keep_alive = true) : server(things(keep_alive)) {
    scenario.targets = {server.url()};
    targets = *client::look_up_targets(scenario);
  }

  std::unique_ptr<Line> line() {
    auto made = std::make_unique<Line>(targets[0].way);
    const auto deadline = client::clock_of_machine.now() + 10s;
    while (client::clock_of_machine.now() < deadline) {
      const auto established = made->established();
      if (!established || *established) break;
    }
    EXPECT_TRUE(made->fresh());
    return made;
  }

  TestServer server;
  scenario::Scenario scenario;
  const expression::Evaluate evaluate = client::plain_jq;
  const std::string run = "r1";
  std::atomic<bool> stop = false;
  std::vector<client::Target> targets;
  const client::Context context{scenario, evaluate, client::clock_of_machine, run, stop};
  Pool pool{context, targets};
};

TEST(Pool, GivesTheLineThatWasUsedLast) {
  Stage stage;
  EXPECT_EQ(stage.pool.take(0), nullptr);
  auto first = stage.line(), last = stage.line();
  const Line *const one = first.get(), *const other = last.get();
  stage.pool.keep(0, std::move(first));
  stage.pool.keep(0, std::move(last));
  EXPECT_EQ(stage.pool.take(0).get(), other);
  EXPECT_EQ(stage.pool.take(0).get(), one);
  EXPECT_EQ(stage.pool.take(0), nullptr);
}

TEST(Pool, KeepsNothingOfAServerThatHungUp) {
  Stage stage;
  stage.pool.keep(0, stage.line());
  EXPECT_TRUE(stage.pool.keeps_alive(0));
  stage.pool.distrust(0);
  EXPECT_FALSE(stage.pool.keeps_alive(0));
  EXPECT_NE(stage.pool.take(0), nullptr) << "what is kept may be used";
  stage.pool.keep(0, stage.line());
  EXPECT_EQ(stage.pool.take(0), nullptr);
}

TEST(Pool, ClosesWhatItKeeps) {
  Stage stage;
  stage.pool.keep(0, stage.line());
  EXPECT_TRUE(stage.pool.keeps_alive());
  stage.pool.clear();
  EXPECT_FALSE(stage.pool.keeps_alive());
  EXPECT_EQ(stage.pool.take(0), nullptr);
}

TEST(Pool, SharesNoLineOfAServerThatSpeaksHttp1) {
  Stage stage;
  stage.pool.keep(0, stage.line());
  EXPECT_FALSE(stage.pool.multiplexes());
  EXPECT_TRUE(stage.pool.shared(0, 2, 1s).empty());
}

TEST(Pool, KnowsWhetherTheTargetKeepsConnections) {
  for (const bool keeps : {true, false}) {
    Stage stage(keeps);
    client::Client client(stage.context, 7);
    client::Sessions sessions;
    EXPECT_FALSE(client.pool().keeps_alive()) << "nothing was asked yet";
    EXPECT_TRUE(client.ask(client::request("POST", "/things"), {}, sessions,
                           {.role = "reset", .timeout = 10s}));
    EXPECT_EQ(client.pool().keeps_alive(), keeps);
  }
}

}  // namespace
