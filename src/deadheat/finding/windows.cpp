#include "finding/windows.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "finding/schedules.h"
#include "trial/window.h"

namespace finding {
namespace {

using base::Nanoseconds;
using schedule::Schedule;

constexpr std::size_t most_windows = 5;

/// Schedules that differ in nothing but the length of their lags. Where many are late, it does not
/// matter which.
using Manner = std::tuple<schedule::Sync, schedule::Hold, int, std::vector<bool>>;

Manner manner_of(const Schedule& schedule) {
  constexpr std::ptrdiff_t few = 3;
  std::vector<bool> late;
  for (const Nanoseconds offset : schedule.offsets) late.push_back(offset > Nanoseconds(0));
  if (std::count(late.begin(), late.end(), true) > few) std::sort(late.begin(), late.end());
  return {schedule.sync, schedule.hold, schedule.gate, std::move(late)};
}

/// By how long the latest waits: within one manner the same are late.
bool sooner(const trial::Attempt* a, const trial::Attempt* b) {
  return std::chrono::abs(lag(a->schedule)) < std::chrono::abs(lag(b->schedule));
}

record::ScheduleRate rate_of(const std::vector<const trial::Attempt*>& attempts) {
  std::vector<const trial::Attempt*> hits;
  std::copy_if(attempts.begin(), attempts.end(), std::back_inserter(hits),
               [](const trial::Attempt* attempt) { return attempt->hit(); });
  if (hits.empty()) return {};
  const auto [least, most] = std::minmax_element(hits.begin(), hits.end(), sooner);
  const auto within =
      std::count_if(attempts.begin(), attempts.end(), [&](const trial::Attempt* attempt) {
        return !sooner(attempt, *least) && !sooner(*most, attempt);
      });
  return {.least = schedule_of((*least)->schedule),
          .most = schedule_of((*most)->schedule),
          .rate = record::rate(static_cast<int>(hits.size()), static_cast<int>(within))};
}

}  // namespace

std::vector<record::ScheduleRate> windows(const std::vector<trial::Attempt>& attempts) {
  std::map<Manner, std::vector<const trial::Attempt*>> by_manner;
  for (const trial::Attempt& attempt : attempts)
    if (attempt.rated()) by_manner[manner_of(attempt.schedule)].push_back(&attempt);
  std::vector<record::ScheduleRate> found;
  for (const auto& [manner, those] : by_manner) found.push_back(rate_of(those));
  std::erase_if(found, [](const auto& each) { return each.rate.hits == 0; });
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.rate.low > b.rate.low; });
  if (found.size() > most_windows) found.resize(most_windows);
  return found;
}

record::Window window(const std::vector<trial::Attempt>& attempts,
                      const scenario::Scenario& scenario) {
  if (scenario::entries(scenario).size() != 2) return {};
  const auto found = trial::hit_window(attempts);
  if (!found) return {};
  return {.known = true,
          .before_step = found->gate + 1,
          .low_ms = base::in_milliseconds(found->least),
          .high_ms = base::in_milliseconds(found->most),
          .inside = record::rate(found->hits, found->inside),
          .outside = record::rate(0, found->outside)};
}

}  // namespace finding
