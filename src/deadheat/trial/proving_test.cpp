#include "trial/proving.h"

#include <gtest/gtest.h>

namespace {

using trial::ProofState;
using trial::ProofStep;

TEST(Proving, WhatIsNext) {
  struct Case {
    const char* what;
    ProofState state;
    ProofStep next;
  };
  const Case cases[] = {
      {"another hit first",
       {.hits = 1, .judged = 1, .suspects = 2, .lanes = 20},
       ProofStep::attempt},
      {"while two are played, paused serial runs",
       {.hits = 1, .judged = 1, .replays = 2, .suspects = 2, .lanes = 20},
       ProofStep::paused_run},
      {"more of each where lanes are many and wait",
       {.hits = 1, .judged = 1, .replays = 3, .suspects = 2, .lanes = 20, .spare = true},
       ProofStep::attempt},
      {"no room for an attempt: serial runs meanwhile",
       {.hits = 1, .judged = 1, .suspects = 2, .lanes = 20, .room_for_attempt = false},
       ProofStep::paused_run},
      {"hits are enough: quick serial runs, once the paused ones are on their way",
       {.hits = 2, .judged = 2, .fresh = 2, .paused = 2, .suspects = 2, .lanes = 20},
       ProofStep::serial_run},
      {"every fifth of them is paused",
       {.hits = 2, .judged = 2, .fresh = 11, .paused = 2, .suspects = 2, .lanes = 20},
       ProofStep::paused_run},
      {"in one lane no more than a proof needs",
       {.hits = 2, .judged = 2, .fresh = 11, .paused = 2, .suspects = 2, .lanes = 1, .alone = true},
       ProofStep::serial_run},
      {"as many pauses as half of the lanes at a time",
       {.hits = 2, .judged = 2, .fresh = 1, .pauses = 1, .suspects = 2, .lanes = 2},
       ProofStep::serial_run},
      {"all are on their way",
       {.hits = 2, .judged = 2, .fresh = 20, .paused = 4, .suspects = 2, .lanes = 20},
       ProofStep::nothing},
      {"attempts stop where serial runs are far behind",
       {.hits = 1, .judged = 400, .paused = 8, .suspects = 2, .lanes = 20},
       ProofStep::serial_run},
  };
  for (const Case& c : cases) EXPECT_EQ(trial::next_proof_step(c.state), c.next) << c.what;
}

}  // namespace
