#include "base/clock.h"

namespace base {

Nanoseconds SystemClock::now() const { return std::chrono::steady_clock::now().time_since_epoch(); }

Nanoseconds SystemClock::wall() const {
  return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace base
