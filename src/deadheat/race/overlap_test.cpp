#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "race/player.h"
#include "race/stage_testing.h"

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using client::clock_of_machine;
using client::read;
using client::reply;
using client::request;
using client::TestServer;
using client::things;
using outcome::Outcome;
using race::expect_whole;
using race::only_in_pairs;
using race::Player;
using race::script;
using race::Stage;
using race::together;
using race::two_checked_puts;
using race::two_puts;
using schedule::Hold;
using Seen = TestServer::Seen;

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
