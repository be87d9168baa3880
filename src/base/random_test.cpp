#include "base/random.h"

#include <gtest/gtest.h>

#include <numeric>
#include <regex>
#include <set>
#include <vector>

namespace {

TEST(Random, OneSeedIsOneSequence) {
  base::Random a(7), b(7), c(8);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  base::Random random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(Random, ShuffleKeepsTheElements) {
  base::Random random(2);
  std::vector<int> cards(52);
  std::iota(cards.begin(), cards.end(), 0);
  std::vector<int> shuffled = cards;
  random.shuffle(shuffled);
  EXPECT_NE(shuffled, cards);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, cards);
}

TEST(Random, UuidsHaveTheirForm) {
  base::Random random(3);
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_TRUE(std::regex_match(random.uuid(), form));
}

}  // namespace
