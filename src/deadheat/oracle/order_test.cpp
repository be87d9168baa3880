#include "oracle/order.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using oracle::Order;

TEST(Orders, DistinctScriptsHaveEveryOrder) {
  EXPECT_EQ(oracle::orders_of({0, 1}, 120, 7).size(), 2u);
  EXPECT_EQ(oracle::orders_of({0, 1, 2}, 120, 7).size(), 6u);
  EXPECT_EQ(oracle::orders_of({0, 1, 2, 3, 4}, 120, 7).size(), 120u);
}

TEST(Orders, InterchangeableScriptsHaveOne) {
  EXPECT_EQ(oracle::orders_of(std::vector<int>(20, 0), 120, 7).size(), 1u);
  EXPECT_EQ(oracle::orders_of({0, 0, 1}, 120, 7).size(), 3u);
  EXPECT_EQ(oracle::orders_of({}, 120, 7), (std::vector<Order>{{{}, {}}}));
}

TEST(Orders, BeyondTheLimitASeededSampleIsDrawn) {
  const std::vector<int> six = {0, 1, 2, 3, 4, 5};
  const auto sample = oracle::orders_of(six, 120, 7);
  EXPECT_EQ(sample.size(), 120u);
  EXPECT_EQ(sample, oracle::orders_of(six, 120, 7));
  EXPECT_NE(sample, oracle::orders_of(six, 120, 8));
}

TEST(Cast, InterchangeableEntriesTakeTurnsInEveryRole) {
  const std::vector<scenario::Entry> entries = {{0, 0}, {0, 1}, {0, 2}, {1, 0}};
  const Order order{{0, 1, 0, 0}, {}};
  const auto first = oracle::cast(order, {0, 1, 2, 3}, entries, 0);
  const auto second = oracle::cast(order, {0, 1, 2, 3}, entries, 1);
  EXPECT_EQ(first[1], 3);
  EXPECT_EQ(second[1], 3);
  for (const std::size_t role : {0u, 2u, 3u}) EXPECT_NE(first[role], second[role]) << role;
}

TEST(Cast, OverAFullRoundEveryEntryHadEveryRole) {
  for (int size = 2; size <= 6; ++size) {
    std::vector<scenario::Entry> entries;
    std::vector<int> members;
    for (int copy = 0; copy < size; ++copy) {
      entries.push_back({0, copy});
      members.push_back(copy);
    }
    const Order order{std::vector<int>(static_cast<std::size_t>(size), 0), {}};
    for (std::size_t role = 0; role < members.size(); ++role) {
      std::set<int> players;
      for (std::size_t turn = 0; turn < members.size(); ++turn)
        players.insert(oracle::cast(order, members, entries, turn)[role]);
      EXPECT_EQ(players.size(), members.size()) << "role " << role << " of " << size;
    }
  }
}

}  // namespace
