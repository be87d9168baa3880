#pragma once

#include <memory>
#include <optional>

#include "trial/stage_testing.h"

namespace simulated {

/// Knows of every attempt whether some serial order explains it: plays its atomic steps over in a
/// world without noise, where an id says who made it, and looks the outcome up among those of the
/// serial orders (simulation::Exactly).
class Truth {
 public:
  explicit Truth(const Target& target) : exactly_(target.server, target.interchangeable) {}

  /// Whether no order explains an attempt; nullopt where faults or limits were in play.
  [[nodiscard]] std::optional<bool> contradicts(const Taken& taken,
                                                const outcome::Outcome& attempt) const;

 private:
  simulation::Exactly exactly_;
};

/// The share of attempts that no order explains or in which somebody is told 500, of so many that
/// are made as the planner has them.
[[nodiscard]] double planted_rate(const Target& target, int attempts, std::uint64_t seed);

}  // namespace simulated
