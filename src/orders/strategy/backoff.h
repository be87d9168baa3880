#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"

namespace strategy {

namespace asio = boost::asio;

/// When a change that lost against another is begun again, and how often.
///
/// The waits double, up to a bound, and each is cut at random (full jitter): those who lost
/// together do not come back together.
class Backoff {
 public:
  static constexpr std::uint32_t most_conflicts = 30;

  /// Callers that lose at different nanoseconds wait differently; a clock that stands still makes a
  /// test repeatable.
  explicit Backoff(const base::Clock& clock) : clock_(clock) {}

  /// Counts a conflict and waits. False, at once, if it is time to give up.
  asio::awaitable<bool> again();
  [[nodiscard]] std::uint32_t conflicts() const { return conflicts_; }

 private:
  const base::Clock& clock_;
  std::uint32_t conflicts_ = 0;
};

}  // namespace strategy
