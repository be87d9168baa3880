#include "oracle/proof.h"

#include <algorithm>
#include <cmath>

namespace oracle {

namespace {

/// What flips by itself does not flip in every second attempt.
constexpr double chance_of_a_rare_hit = 0.001, chance_of_a_frequent_hit = 0.01;

/// That at least so many of the events, each with that probability, come about.
double at_least(int least, int events, double probability) {
  double term = std::pow(1 - probability, events), fewer = 0;
  for (int i = 0; i < least; ++i) {
    fewer += term;
    term *= (events - i) / (i + 1.0) * probability / (1 - probability);
  }
  return 1 - fewer;
}

}  // namespace

/// If it flips by itself, each flip is as likely to meet an attempt as attempts are many among all
/// runs. Where serial runs flip, too, the first hit is left aside: it is why there is a test at
/// all.
bool is_proven(int hits, int attempts, int serial, int odd) {
  if (hits < 2 || serial < serial_runs_wanted(attempts)) return false;
  const double share = static_cast<double>(attempts) / (attempts + serial);
  const double bound = 2 * hits >= attempts ? chance_of_a_frequent_hit : chance_of_a_rare_hit;
  if (odd == 0) return std::pow(share, hits) <= bound;
  return at_least(hits - 1, hits - 1 + odd, share) <= bound;
}

int serial_runs_wanted(int attempts) { return std::max(20, 3 * attempts); }

int paused_runs_wanted(std::size_t suspects) {
  return static_cast<int>(std::clamp<std::size_t>(suspects, 2, 4));
}

}  // namespace oracle
