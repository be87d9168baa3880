#pragma once

#include <csignal>

#include "base/clock.h"

namespace net {

/// SIGTERM and SIGINT, kept from this thread and all that begin after this, and waited for by one.
class EndSignals {
 public:
  EndSignals();

  void wait() const;
  /// Waits that long, unless another signal comes, which ends the program.
  void wait_on(base::Nanoseconds time) const;
  /// From here on a signal ends the program.
  void let_through() const;

 private:
  sigset_t signals_{};
};

}  // namespace net
