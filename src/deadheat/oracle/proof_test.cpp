#include "oracle/proof.h"

#include <gtest/gtest.h>

namespace {

TEST(Proof, TakesAsManyAttemptsAsTheRateDemands) {
  EXPECT_FALSE(oracle::is_proven(1, 1, 20));
  EXPECT_TRUE(oracle::is_proven(2, 2, 20)) << "a sure hit is proven by the second attempt";
  EXPECT_FALSE(oracle::is_proven(2, 2, 19)) << "with at least 20 serial runs";
  EXPECT_FALSE(oracle::is_proven(1, 1, 30)) << "one may be chance";
  // One in ten, with three serial runs for every attempt.
  EXPECT_FALSE(oracle::is_proven(4, 40, 120)) << "0.4 % is not enough where so few hit";
  EXPECT_TRUE(oracle::is_proven(5, 50, 150));
  EXPECT_FALSE(oracle::is_proven(5, 50, 149));
  EXPECT_FALSE(oracle::is_proven(0, 200, 600));
  // One in two.
  EXPECT_TRUE(oracle::is_proven(3, 6, 22));
  EXPECT_FALSE(oracle::is_proven(3, 6, 21));
}

TEST(Proof, SerialRunsThatComeOutOtherwiseCountAgainstIt) {
  struct Case {
    int hits, attempts, serial, odd;
    bool proven;
  };
  constexpr Case cases[] = {
      {5, 50, 150, 0, true},
      {5, 50, 150, 1, false},
      {7, 70, 210, 1, false},
      {8, 70, 210, 1, true},  // of 8 events 7 or more in a quarter of the runs
      {8, 70, 210, 2, false},
      {9, 70, 210, 2, true},
      {20, 20, 60, 3, true},  // every attempt: what the serial runs show is something else
      {10, 20, 60, 10, false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(oracle::is_proven(c.hits, c.attempts, c.serial, c.odd), c.proven)
        << c.hits << " of " << c.attempts << ", " << c.odd << " of " << c.serial;
}

TEST(Proof, WantsThreeSerialRunsForEveryAttempt) {
  EXPECT_EQ(oracle::serial_runs_wanted(6), 20);
  EXPECT_EQ(oracle::serial_runs_wanted(7), 21);
  EXPECT_EQ(oracle::paused_runs_wanted(1), 2);
  EXPECT_EQ(oracle::paused_runs_wanted(3), 3);
  EXPECT_EQ(oracle::paused_runs_wanted(24), 4);
}

}  // namespace
