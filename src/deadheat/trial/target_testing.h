#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/simulation_testing.h"

/// A target in simulated time, for tests of whole runs.
namespace simulated {

using base::Nanoseconds;

/// How long things take.
///
///     sent ─network─► arrives ─before─► step 1 ─window─► step 2 ─after─► answer ─network─►
///     answered
///
/// Each stretch takes at least as long as it says; what comes on top is exponential.
struct Timing {
  Nanoseconds network = std::chrono::microseconds(100);  // each way
  Nanoseconds before = std::chrono::microseconds(200);
  Nanoseconds window = std::chrono::microseconds(300);
  Nanoseconds after = std::chrono::microseconds(100);
  double jitter = 0.2;  // on average, as a share of the stretch
};

/// What a request meets while another one works on the same resource.
enum class Meets {
  nothing,  // both go on: a check-then-act is a race
  a_lock,   // it waits
  a_limit,  // it is turned away with 429
  an_error  // it is answered 500, at times, and has changed nothing
};

/// Where a value is that flips by itself.
enum class Flips { nowhere, in_state, in_answers };

/// A server and how it behaves in time.
struct Target {
  simulation::Server server;
  bool interchangeable = false;  // the scripts are copies of one
  Timing timing;
  Meets meets = Meets::nothing;
  double error_rate = 0;          // of those who meet somebody, where they meet an error
  int workers = 0;                // requests that are worked on at a time; 0: any number
  bool one_connection = false;    // a held request blocks everybody else
  bool begins_with_head = false;  // the first step does not wait for the body
  Nanoseconds read_lag{0};        // the observing reads show the state as it was so long ago
  Flips flips = Flips::nowhere;
  double flip_rate = 0;
  bool flips_truth = false;  // it is true or false, which no run may see both of; else a word
  bool mixes_lanes = false;  // an answer tells whether others go on side by side
  std::string keeps;         // a row that no reset restores
};

/// What goes wrong between the tool and the target.
struct Outage {
  Nanoseconds from{0}, to{0};
  bool silent = false;  // nothing is answered; else connections are refused
};
struct Faults {
  double lost = 0;           // answers of the race that never come; half of the requests neither
  double lost_serially = 0;  // likewise in serial runs
  double late = 0;           // answers that come up to three seconds late
  double hangs_up = 0;       // serial runs that are played anew
  int failing_reset = 0;     // the reset of that number is answered with an error; 0: none
  std::vector<Outage> outages;
};

/// Answers with what was read before it changed the state: a stale answer, the state being right.
[[nodiscard]] simulation::Server stale_answers(bool racy);
/// A stock of which everybody takes one; 1,000 at first.
[[nodiscard]] simulation::Server stock(bool racy);

}  // namespace simulated
