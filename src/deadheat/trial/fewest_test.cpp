#include "trial/fewest.h"

#include <gtest/gtest.h>

namespace {

using trial::Group;
using trial::GroupTrial;

struct FewestCase {
  const char* what;
  Group all;
  std::vector<int> likely;
  std::function<bool(const Group&)> races;
  Group fewest;
  bool raced;
};

TEST(Fewest, IsTheSmallestGroupThatRaces) {
  const auto sum = [](const Group& group) {
    int all = 0;
    for (const int count : group) all += count;
    return all;
  };
  const FewestCase cases[] = {
      {"two of twenty", {20}, {0}, [](const Group&) { return true; }, {2}, true},
      {"six of twenty", {20}, {0}, [](const Group& g) { return g[0] >= 6; }, {6}, true},
      {"all but one", {20}, {0}, [](const Group& g) { return g[0] >= 19; }, {19}, true},
      {"all", {20}, {0}, [](const Group& g) { return g[0] >= 20; }, {20}, false},
      {"three of three", {3}, {0}, [](const Group&) { return false; }, {3}, false},
      {"the second and the fourth of five",
       {1, 1, 1, 1, 1},
       {0, 1, 2, 3, 4},
       [](const Group& g) { return g[1] > 0 && g[3] > 0; },
       {0, 1, 0, 1, 0},
       true},
      {"three certain ones of four",
       {1, 1, 1, 1},
       {3, 0, 1, 2},
       [](const Group& g) { return g[0] > 0 && g[1] > 0 && g[3] > 0; },
       {1, 1, 0, 1},
       true},
      {"two copies and another",
       {5, 1, 4},
       {0, 1, 2},
       [](const Group& g) { return g[0] >= 2 && g[1] >= 1; },
       {2, 1, 0},
       true},
  };
  for (const FewestCase& c : cases) {
    int trials = 0;
    const auto found = trial::find_fewest(c.all, c.likely, [&](const Group& group) -> GroupTrial {
      ++trials;
      EXPECT_GE(sum(group), 2) << c.what;
      EXPECT_LT(sum(group), sum(c.all)) << c.what;
      return {.is = c.races(group) ? GroupTrial::Is::race : GroupTrial::Is::no_race,
              .hits = trials};
    });
    EXPECT_EQ(found.group, c.fewest) << c.what;
    EXPECT_EQ(found.trial.has_value(), c.raced) << c.what;
    EXPECT_FALSE(found.cut_short) << c.what;
    for (const Group& quiet : found.quiet) EXPECT_FALSE(c.races(quiet)) << c.what;
  }
}

TEST(Fewest, KeepsWhatItFoundWhenItsTimeIsUp) {
  int trials = 0;
  const auto found = trial::find_fewest({20}, {0}, [&](const Group& group) -> GroupTrial {
    if (++trials == 3) return {.is = GroupTrial::Is::cut_short};
    return {.is = group[0] >= 6 ? GroupTrial::Is::race : GroupTrial::Is::no_race};
  });
  EXPECT_EQ(found.group, Group{11});
  EXPECT_EQ(found.quiet, std::vector<Group>{{2}});
  EXPECT_TRUE(found.cut_short);
  EXPECT_EQ(trials, 3);
}

}  // namespace
