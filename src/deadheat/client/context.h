#pragma once

#include <atomic>
#include <string>

#include "base/clock.h"
#include "expression/expression.h"
#include "net/connection.h"
#include "scenario/scenario.h"

namespace client {

/// What all requests of a run have in common. Borrowed, from whoever outlives them.
struct Context {
  const scenario::Scenario& scenario;
  const expression::Evaluate& evaluate;
  const base::Clock& clock;
  const std::string& run;  // {{$run}} and the X-Deadheat header
  /// Waits end within 50 ms then, and what is in flight is given up.
  const std::atomic<bool>& stop;

  [[nodiscard]] net::Wait until(base::Nanoseconds deadline) const {
    return {.clock = clock, .deadline = deadline, .stop = &stop};
  }
  void pause(base::Nanoseconds time) const {
    if (time > base::Nanoseconds(0)) net::pause(until(clock.now() + time));
  }
};

}  // namespace client
