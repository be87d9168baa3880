#include "scenario/override.h"

#include <gtest/gtest.h>

namespace {

using scenario::overridden;
using scenario::Override;
using scenario::Scenario;
using namespace std::chrono_literals;

/// Everything unlike the defaults.
Scenario written() {
  Scenario scenario;
  scenario.targets = {"http://127.0.0.1:8000"};
  scenario.proxy = {.url = "http://127.0.0.1:3128", .authorization = "Basic eDp5"};
  scenario.run = {.attempts = 7,
                  .budget = 9s,
                  .sync = scenario::Sync::threads,
                  .hold = scenario::Hold::body,
                  .offsets = scenario::Offsets::none,
                  .http = scenario::Http::version_1,
                  .connections = scenario::Connections::shared,
                  .lanes = 3,
                  .seed = 11};
  return scenario;
}

TEST(Override, WhatIsNotGivenStays) {
  const auto same = overridden(written(), {});
  ASSERT_TRUE(same);
  const Scenario before = written();
  EXPECT_EQ(same->targets, before.targets);
  EXPECT_EQ(same->proxy.url, before.proxy.url);
  EXPECT_EQ(same->proxy.authorization, before.proxy.authorization);
  EXPECT_EQ(same->run.attempts, 7);
  EXPECT_EQ(same->run.budget, 9s);
  EXPECT_EQ(same->run.sync, before.run.sync);
  EXPECT_EQ(same->run.hold, before.run.hold);
  EXPECT_EQ(same->run.offsets, before.run.offsets);
  EXPECT_EQ(same->run.http, before.run.http);
  EXPECT_EQ(same->run.connections, before.run.connections);
  EXPECT_EQ(same->run.lanes, 3);
  EXPECT_EQ(same->run.seed, 11u);
}

TEST(Override, WhatIsGivenStandsInPlaceOfTheScenarios) {
  const auto changed =
      overridden(written(), {.targets = {"HTTP://LocalHost", "https://[::1]:8443/"},
                             .proxy = "http://me:secret@127.0.0.1:8080",
                             .attempts = 5,
                             .budget = "2m",
                             .lanes = 1,
                             .sync = scenario::Sync::held,
                             .hold = scenario::Hold::automatic,
                             .offsets = scenario::Offsets::sweep,
                             .http = scenario::Http::version_2,
                             .connections = scenario::Connections::own});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->targets,
            (std::vector<std::string>{"http://localhost:80", "https://[::1]:8443"}));
  EXPECT_EQ(changed->proxy.url, "http://127.0.0.1:8080");
  EXPECT_EQ(changed->proxy.authorization, "Basic bWU6c2VjcmV0");
  EXPECT_EQ(changed->run.attempts, 5);
  EXPECT_EQ(changed->run.budget, 2min);
  EXPECT_EQ(changed->run.lanes, 1);
  EXPECT_EQ(changed->run.sync, scenario::Sync::held);
  EXPECT_EQ(changed->run.hold, scenario::Hold::automatic);
  EXPECT_EQ(changed->run.offsets, scenario::Offsets::sweep);
  EXPECT_EQ(changed->run.http, scenario::Http::version_2);
  EXPECT_EQ(changed->run.connections, scenario::Connections::own);
  EXPECT_EQ(changed->run.seed, 11u);
}

TEST(Override, ABudgetIsADurationOrSeconds) {
  const std::pair<const char*, base::Nanoseconds> good[] = {
      {"5", 5s}, {"1.5", 1500ms}, {"250ms", 250ms}, {"2m", 2min}, {"24h", 24h}};
  for (const auto& [text, budget] : good) {
    const auto changed = overridden(written(), {.budget = text});
    ASSERT_TRUE(changed) << text;
    EXPECT_EQ(changed->run.budget, budget) << text;
  }
  for (const char* text : {"", "0", "0s", "25h", "inf", "1e300s", "-5", "5 s", "soon", "."}) {
    const auto changed = overridden(written(), {.budget = text});
    ASSERT_FALSE(changed) << text;
    EXPECT_EQ(changed.error(),
              std::vector<std::string>{std::string("--budget ") + text +
                                       ": expected a duration such as 60s or 5m, at most 24h"});
  }
}

TEST(Override, EveryProblemIsToldAtOnce) {
  const auto changed =
      overridden(written(), {.targets = {"http://127.0.0.1:1", "ftp://x", "http://127.0.0.1:1/"},
                             .proxy = "http://me:secret@",
                             .budget = "soon"});
  ASSERT_FALSE(changed);
  ASSERT_EQ(changed.error().size(), 4u);
  EXPECT_TRUE(changed.error()[0].starts_with("--target ftp://x: ")) << changed.error()[0];
  EXPECT_EQ(changed.error()[1], "--target http://127.0.0.1:1/: given twice");
  EXPECT_TRUE(changed.error()[2].starts_with("--proxy: ")) << changed.error()[2];
  EXPECT_EQ(changed.error()[2].find("secret"), std::string::npos) << changed.error()[2];
  EXPECT_TRUE(changed.error()[3].starts_with("--budget soon: ")) << changed.error()[3];
}

}  // namespace
