#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "oracle/simulation_testing.h"

/// Six and more scripts have more orders than are learnt. The exact judge plays all of them.
namespace {

using namespace simulation;
using Is = oracle::Judgement::Is;

/// Small servers with six distinct scripts: where answers tell who came when, where only the state
/// does, and where neither does.
std::vector<Server> for_six(bool racy) {
  const std::set<std::string> names = {"balance", "event list", "list in any order", "seats",
                                       "delete vs update"};
  std::vector<Server> chosen;
  for (Server& server : servers(racy)) {
    if (!names.contains(server.name)) continue;
    server.entries = 6;
    chosen.push_back(std::move(server));
  }
  EXPECT_EQ(chosen.size(), names.size());
  return chosen;
}

/// Serial orders in which a few atomic steps came too early or too late, and any shuffle.
std::vector<std::vector<int>> disordered(const Server& server, int count, base::Random& random) {
  std::vector<std::vector<int>> all;
  for (int i = 0; i < count; ++i) {
    std::vector<int> order = everyone(server), turns;
    random.shuffle(order);
    for (const int entry : order)
      for (const Request& request : server.work(entry))
        turns.insert(turns.end(), request.atoms.size(), entry);
    if (i % 4 == 3) random.shuffle(turns);
    for (int swaps = i % 4; swaps > 0; --swaps) {
      const std::size_t at = 1 + random.below(turns.size() - 1);
      std::swap(turns[at - 1], turns[at]);
    }
    all.push_back(std::move(turns));
  }
  return all;
}

/// All scripts are on their way all the time: real time tells nothing.
void overlap(outcome::Outcome& outcome) {
  for (outcome::Answer& answer : outcome.answers)
    for (outcome::Step& step : answer.steps) {
      step.sent = step.released = base::Nanoseconds(0);
      step.answered = base::Nanoseconds(1000);
    }
}
void overlap(oracle::Reading& attempt) {
  for (oracle::Told& told : attempt.told) {
    told.begins = base::Nanoseconds(0);
    told.ends = base::Nanoseconds(1000);
    for (auto& step : told.steps) step = {told.begins, told.ends};
  }
}

struct Count {
  int judged = 0, races = 0, wrong = 0, unjudged = 0, serial_runs = 0;
  Count& operator+=(const Count& other) {
    judged += other.judged;
    races += other.races;
    wrong += other.wrong;
    unjudged += other.unjudged;
    serial_runs += other.serial_runs;
    return *this;
  }
};

/// In every second attempt all scripts are on their way all the time.
Count judge(const Server& server, const Exactly& exactly, oracle::Limits limits) {
  base::Random random(7);
  ByOracle by_oracle(server, false, 7, {}, limits);
  Count count;
  for (const std::vector<int>& turns : disordered(server, 8, random)) {
    outcome::Outcome exact = exactly.play(turns);
    oracle::Reading attempt = by_oracle.attempt(turns);
    if (count.judged % 2 == 1) {
      overlap(exact);
      overlap(attempt);
    }
    const bool explained = exactly.explained(exact);
    const Is is = by_oracle.judge(attempt).is;
    const bool right = is == (explained ? Is::explained : Is::contradicts);
    ++count.judged;
    count.races += !explained;
    count.unjudged += is == Is::unjudged;
    count.wrong += is != Is::unjudged && !right;
    EXPECT_TRUE(right || is == Is::unjudged)
        << server.name << (explained ? ", explained: " : ", a race: ")
        << base::to_text(outcome::as_rules_input(exact, scenario_of(server, false, {})));
  }
  count.serial_runs = by_oracle.serial_runs();
  return count;
}

TEST(Sampling, SixDistinctScriptsAreJudgedAsTheyAre) {
  Count sum, alone;
  for (const bool racy : {true, false})
    for (const Server& server : for_six(racy)) {
      const Exactly exactly(server, false);
      const Count here = judge(server, exactly, {});
      const Count sample = judge(server, exactly, {.targeted = 0});
      std::printf("  %-20s %-5s %2d races of %d, unjudged %2d (by the sample alone %2d), %d runs\n",
                  server.name.c_str(), racy ? "racy" : "cured", here.races, here.judged,
                  here.unjudged, sample.unjudged, here.serial_runs);
      std::fflush(stdout);
      sum += here;
      alone += sample;
    }
  std::printf("  %d judgements, %d races: %d wrong, %d unjudged; by the sample alone %d and %d\n",
              sum.judged, sum.races, sum.wrong, sum.unjudged, alone.wrong, alone.unjudged);
  EXPECT_GT(sum.races, 20);
  EXPECT_LT(sum.unjudged, alone.unjudged / 2);
}

}  // namespace
