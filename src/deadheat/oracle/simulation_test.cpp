#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "oracle/simulation_testing.h"

namespace {

using namespace simulation;
using base::Nanoseconds;

std::string word_for(const oracle::Judgement& judgement) {
  using Is = oracle::Judgement::Is;
  return judgement.is == Is::explained     ? "explained"
         : judgement.is == Is::contradicts ? "a race"
                                           : "unjudged";
}

std::string describe(const Server& server, bool interchangeable, const Variation& variation,
                     const std::vector<int>& turns) {
  std::string text = server.name + (interchangeable ? ", interchangeable, " : ", distinct, ") +
                     variation.name + ":";
  for (const int entry : turns) text += " " + user_of(entry);
  return text;
}

struct Count {
  int judged = 0;
  int races = 0;
  int missed = 0;  // races that were explained, or not judged
  int false_alarms = 0;

  Count& operator+=(const Count& other) {
    judged += other.judged;
    races += other.races;
    missed += other.missed;
    false_alarms += other.false_alarms;
    return *this;
  }
};

Count compare(const Server& server, bool interchangeable, const Variation& variation) {
  constexpr std::uint64_t seed = 7;
  base::Random random(seed);
  const Exactly exactly(server, interchangeable);
  ByOracle by_oracle(server, interchangeable, seed, variation);
  EXPECT_TRUE(by_oracle.oracle().clashes().empty()) << server.name;
  EXPECT_TRUE(by_oracle.oracle().reset_conflicts().empty()) << server.name;
  Count count;
  for (const std::vector<int>& turns : interleavings(server, random))
    for (int repeat = 0; repeat < 2; ++repeat) {
      const outcome::Outcome exact = exactly.play(turns);
      const bool explained = exactly.explained(exact);
      const std::string word = word_for(by_oracle.judge(by_oracle.attempt(turns)));
      EXPECT_EQ(word, explained ? "explained" : "a race")
          << describe(server, interchangeable, variation, turns) << "\n"
          << base::to_text(
                 outcome::as_rules_input(exact, scenario_of(server, interchangeable, {})));
      ++count.judged;
      count.races += !explained;
      count.missed += !explained && word != "a race";
      count.false_alarms += explained && word == "a race";
    }
  return count;
}

/// Every server, distinct and, where it makes sense, interchangeable.
void each_server(bool racy, const std::function<void(const Server&, bool interchangeable)>& go) {
  for (const Server& server : servers(racy))
    for (const bool interchangeable : {false, true})
      if (!interchangeable || server.may_interchange) go(server, interchangeable);
}

Count compare_all(bool racy, const Variation& variation) {
  Count sum;
  each_server(racy, [&](const Server& server, bool interchangeable) {
    const Count count = compare(server, interchangeable, variation);
    EXPECT_EQ(count.races > 0, racy) << server.name;
    sum += count;
  });
  // script/mutants reads this line.
  std::printf("  %s servers, %s: %d judgements, %d of them races, %d missed, %d false alarms\n",
              racy ? "racy" : "cured", variation.name, sum.judged, sum.races, sum.missed,
              sum.false_alarms);
  return sum;
}

TEST(Simulation, RacyServersAreJudgedAsTheyAre) {
  const Count count = compare_all(true, {});
  EXPECT_GE(count.judged, 2000);
}

TEST(Simulation, CuredServersAreClean) {
  const Count count = compare_all(false, {});
  EXPECT_EQ(count.races, 0);
}

/// Against every order and every set of refusals, by brute force.
TEST(Simulation, RandomServersAreJudgedAsTheyAre) {
  Count sum;
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const bool racy : {true, false}) {
      SCOPED_TRACE(seed);
      const Server server = random_server(racy, seed);
      const Count count = compare(server, server.may_interchange && seed % 4 != 0, {});
      if (!racy) {
        EXPECT_EQ(count.races, 0);
      }
      sum += count;
    }
  std::printf("  random servers: %d judgements, %d of them races\n", sum.judged, sum.races);
  EXPECT_GT(sum.races, 500);
}

TEST(Simulation, NamesAndPlacesOfScriptsDoNotMatter) {
  for (const bool racy : {true, false}) compare_all(racy, {.name = "reversed", .reversed = true});
}

TEST(Simulation, OneMoreVolatileFieldDoesNotMatter) {
  for (const bool racy : {true, false})
    compare_all(racy, {.name = "one more field", .volatile_field = true});
}

/// An interval may be too wide, never too narrow.
TEST(Simulation, WideningIntervalsNeverMakesAnAttemptUnexplained) {
  int widened = 0;
  each_server(true, [&](const Server& server, bool interchangeable) {
    base::Random random(7);
    ByOracle by_oracle(server, interchangeable, 7);
    for (const std::vector<int>& turns : interleavings(server, random)) {
      oracle::Reading attempt = by_oracle.attempt(turns);
      if (word_for(by_oracle.judge(attempt)) != "explained") continue;
      for (oracle::Told& told : attempt.told) {
        told.begins -= Nanoseconds(static_cast<std::int64_t>(random.below(60)));
        told.ends += Nanoseconds(static_cast<std::int64_t>(random.below(60)));
      }
      EXPECT_EQ(word_for(by_oracle.judge(attempt)), "explained")
          << describe(server, interchangeable, {}, turns);
      ++widened;
    }
  });
  EXPECT_GT(widened, 500);
}

TEST(Simulation, ASerialRunIsExplainedByItsOwnOrder) {
  for (const bool racy : {true, false})
    each_server(racy, [&](const Server& server, bool interchangeable) {
      ByOracle by_oracle(server, interchangeable, 7);
      std::vector<int> order = everyone(server);
      do {
        const auto judgement = by_oracle.judge(by_oracle.attempt(one_after_another(order)));
        EXPECT_EQ(
            std::count(judgement.orders.begin(), judgement.orders.end(), by_oracle.order_of(order)),
            1)
            << describe(server, interchangeable, {}, order);
        EXPECT_TRUE(judgement.out.empty());
      } while (std::next_permutation(order.begin(), order.end()));
    });
}

TEST(Simulation, TheSameIsJudgedTheSame) {
  each_server(true, [&](const Server& server, bool interchangeable) {
    base::Random random(7);
    ByOracle first(server, interchangeable, 7), second(server, interchangeable, 7);
    for (const std::vector<int>& turns : interleavings(server, random)) {
      const oracle::Reading attempt = first.attempt(turns);
      const auto a = first.judge(attempt), b = second.judge(second.attempt(turns)),
                 c = first.judge(attempt);
      EXPECT_EQ(word_for(a), word_for(b)) << describe(server, interchangeable, {}, turns);
      EXPECT_EQ(std::tuple(a.orders, a.cast, a.out, a.odd, a.layer),
                std::tuple(b.orders, b.cast, b.out, b.odd, b.layer));
      EXPECT_EQ(std::tuple(a.orders, a.cast, a.out, a.odd, a.layer),
                std::tuple(c.orders, c.cast, c.out, c.odd, c.layer));
    }
  });
}

/// One answer never arrives. What an order may explain, the oracle must not call a race; the other
/// way about it cannot know as much as the exact judge, who sees who made an id.
TEST(Simulation, ALostAnswerIsNoFalseAlarm) {
  int judged = 0, unexplained = 0;
  for (const bool racy : {true, false})
    each_server(racy, [&](const Server& server, bool interchangeable) {
      for (const int entry : everyone(server))
        if (server.work(entry).size() > 1) return;
      base::Random random(7);
      const Exactly exactly(server, interchangeable);
      ByOracle by_oracle(server, interchangeable, 7);
      for (const std::vector<int>& turns : interleavings(server, random)) {
        const int lost = static_cast<int>(random.below(static_cast<std::uint64_t>(server.entries)));
        const bool request_too = random.below(2) == 0;
        const bool may_be = exactly.may_be(exactly.play_and_lose(turns, lost, request_too), lost);
        const auto judgement = by_oracle.judge(by_oracle.attempt(turns, lost, request_too));
        EXPECT_TRUE(!may_be || word_for(judgement) == "explained")
            << describe(server, interchangeable, {}, turns) << ", lost " << lost;
        ++judged;
        unexplained += judgement.is == oracle::Judgement::Is::contradicts;
      }
    });
  std::printf("  %d with a lost answer, %d of them races\n", judged, unexplained);
  EXPECT_GT(unexplained, 100);
}

}  // namespace
