#pragma once

#include <string>

#include "base/clock.h"

/// What is said between those that decide what is played and those that play it.
namespace outcome {

/// What has been learnt about the target's pace.
struct Pace {
  base::Nanoseconds timeout = std::chrono::seconds(30);  // of one request
  base::Nanoseconds settle{0};  // waited between the last answer and the observing reads
  bool learn_settling =
      false;  // read at once, after 50 ms, after 200 ms, until two reads agree; fills settled_after
  base::Nanoseconds look_again{
      0};  // over 0: observe once more after this long, into Outcome::later
};

/// How two entries fared on two different resets, raced, against what each takes alone: servers
/// that work on one thing at a time show the sum.
struct Pair {
  base::Nanoseconds together{0};  // from the release to the last of both answers
  bool answered = false;          // both were answered
};

/// What came to one sink in the whole run.
struct Tally {
  std::string name;
  std::string url;
  int calls = 0;        // all that follow included
  int late = 0;         // after the state of their attempt or serial run had been read
  int strays = 0;       // while several attempts went on, without saying whose they are
  int turned_away = 0;  // not read to their end: no HTTP, or a body beyond the sink's limit
};

}  // namespace outcome
