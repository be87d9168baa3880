#pragma once

#include <memory>
#include <string>

#include "base/clock.h"

namespace sensitivity {

/// A server with one fault of known width, to see whether it is found: a counter that is read,
/// worked on, and written back.
///
///     POST /start  200, and the counter is 0      POST /add  200      GET /  200 {"value": N}
///
/// Listens on 127.0.0.1 from construction to destruction, on threads of its own. The work keeps its
/// processor busy: a timer is late by more than the narrowest windows are wide, and whoever yields
/// on a busy machine has a window as wide as the others' time slices.
class Planted {
 public:
  enum class Fault {
    lost_update,  // nothing is held between the read and the write
    none,         // the cured twin: a lock is
  };
  /// `window`: 10 ms at most. Borrows `clock`. Throws std::system_error without a port.
  Planted(const base::Clock& clock, base::Nanoseconds window, Fault fault = Fault::lost_update);
  ~Planted();
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;

  [[nodiscard]] std::string url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sensitivity
