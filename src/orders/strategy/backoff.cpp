#include "strategy/backoff.h"

#include <algorithm>

#include "strategy/change.h"

namespace strategy {

asio::awaitable<bool> Backoff::again() {
  constexpr std::uint64_t first_us = 500;
  constexpr std::uint32_t doublings = 6;
  if (++conflicts_ >= most_conflicts) co_return false;
  const std::uint64_t bound_us = first_us << std::min(conflicts_ - 1, doublings);
  base::Random random(static_cast<std::uint64_t>(clock_.now().count()));
  const base::Nanoseconds wait = std::chrono::microseconds(random.below(bound_us));
  co_await pause(wait);
  co_return true;
}

}  // namespace strategy
