#include "trial/window.h"

#include <algorithm>
#include <map>

namespace trial {

std::optional<HitWindow> hit_window(const std::vector<Attempt>& attempts) {
  std::map<int, std::vector<base::Nanoseconds>> hits;  // their lags, by the gate
  for (const Attempt& attempt : attempts)
    if (attempt.suspicious_for_good()) hits[attempt.schedule.gate].push_back(lag(attempt.schedule));
  if (hits.empty()) return std::nullopt;
  const auto& [gate, lags] = *std::max_element(
      hits.begin(), hits.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  const auto [least, most] = std::minmax_element(lags.begin(), lags.end());
  HitWindow window{gate, *least, *most, static_cast<int>(lags.size())};
  for (const Attempt& attempt : attempts) {
    if (!attempt.shows_window() || attempt.schedule.gate != gate) continue;
    const base::Nanoseconds apart = lag(attempt.schedule);
    ++(apart >= *least && apart <= *most ? window.inside : window.outside);
  }
  return window;
}

}  // namespace trial
