#include "oracle/proof.h"

#include <gtest/gtest.h>

namespace {

TEST(Proof, TakesAsManyAttemptsAsTheRateDemands) {
  EXPECT_FALSE(oracle::is_proven(1, 1, 20));
  EXPECT_TRUE(oracle::is_proven(2, 2, 20)) << "a sure hit is proven by the second attempt";
  EXPECT_FALSE(oracle::is_proven(2, 2, 19)) << "with at least 20 serial runs";
  EXPECT_FALSE(oracle::is_proven(1, 1, 30)) << "one may be chance";
  // One in ten, with three serial runs for every attempt.
  EXPECT_FALSE(oracle::is_proven(3, 30, 90));
  EXPECT_TRUE(oracle::is_proven(4, 40, 120));
  EXPECT_FALSE(oracle::is_proven(4, 40, 119));
  EXPECT_FALSE(oracle::is_proven(0, 200, 600));
}

TEST(Proof, WantsThreeSerialRunsForEveryAttempt) {
  EXPECT_EQ(oracle::serial_runs_wanted(6), 20);
  EXPECT_EQ(oracle::serial_runs_wanted(7), 21);
  EXPECT_EQ(oracle::paused_runs_wanted(1), 2);
  EXPECT_EQ(oracle::paused_runs_wanted(3), 3);
  EXPECT_EQ(oracle::paused_runs_wanted(24), 4);
}

}  // namespace
