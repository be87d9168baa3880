#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "trial/ledger.h"

namespace trial {

/// Of two scripts: between which lags a race hits, with the gate where it hits most often.
struct HitWindow {
  int gate = 0;  // the step before which requests waited, from 0
  base::Nanoseconds least{0};
  base::Nanoseconds most{0};
  int hits = 0;
  int inside = 0;   // attempts with that gate and a lag between these, hits included
  int outside = 0;  // with any other lag
};

/// Of attempts that say something about it, those after the proof included; nullopt where nothing
/// hit.
[[nodiscard]] std::optional<HitWindow> hit_window(const std::vector<Attempt>& attempts);

}  // namespace trial
