#pragma once

#include <boost/describe/enum.hpp>
#include <string>

#include "record/record.h"

namespace record {

enum class Phase { learning, racing, proving, narrowing };
BOOST_DESCRIBE_ENUM(Phase, learning, racing, proving, narrowing)

/// How far a run is: what the experiment says while it goes on, and displays show.
struct Progress {
  Phase phase = Phase::learning;
  std::string scenario;
  int attempts = 0;
  int attempts_planned = 0;
  int serial_runs = 0;
  int serial_runs_planned = 0;
  int explained = 0;
  int unexplained = 0;
  int refused = 0;
  double elapsed_s = 0;
  double budget_s = 0;
  Group group;           // while narrowing: do these still race?
  int group_of = 0;      // of so many
  double at_most_s = 0;  // that it takes
};

}  // namespace record
