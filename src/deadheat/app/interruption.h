#pragma once

#include <atomic>

#include "race/course.h"

namespace app {

/// SIGINT, SIGTERM and SIGHUP while something runs. The first one asks it to end early, with what
/// it has; a second one ends the program at once. One at a time: signals belong to the process.
class Interruption {
 public:
  Interruption();
  /// As by default again.
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// What is told, from here on; nullptr: nobody. An earlier signal is passed on.
  void tell(race::Course* course);
  /// Never cleared.
  [[nodiscard]] const std::atomic<bool>& wanted() const;
};

}  // namespace app
