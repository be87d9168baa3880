#include "oracle/proof.h"

#include <algorithm>
#include <cmath>

namespace oracle {

bool is_proven(int hits, int attempts, int serial) {
  if (hits < 2 || serial < serial_runs_wanted(attempts)) return false;
  const double share = static_cast<double>(attempts) / (attempts + serial);
  return std::pow(share, hits) <= 0.01;
}

int serial_runs_wanted(int attempts) { return std::max(20, 3 * attempts); }

int paused_runs_wanted(std::size_t suspects) {
  return static_cast<int>(std::clamp<std::size_t>(suspects, 2, 4));
}

}  // namespace oracle
