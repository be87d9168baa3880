#include "trial/traffic.h"

#include <algorithm>
#include <utility>

#include "base/require.h"

namespace trial {
namespace {

using base::Nanoseconds;

/// From here on a target is slow.
constexpr Nanoseconds slow = std::chrono::milliseconds(200);
constexpr int fast_jobs = 4;
/// Where scripts take less time than requests wait at the gate, lanes mostly wait there. Measured
/// with two processors: more than these bring nothing.
constexpr int quick_attempts = 16;
constexpr Nanoseconds quick = std::chrono::milliseconds(1);

}  // namespace

int Traffic::begin(Purpose purpose) {
  const int id = next_id_++;
  flying_.emplace(id, std::move(purpose));
  return id;
}

const Purpose& Traffic::purpose(int id) const {
  const auto found = flying_.find(id);
  base::require(found != flying_.end(), "known job");
  return found->second;
}

Purpose Traffic::end(int id) {
  Purpose ended = purpose(id);
  flying_.erase(id);
  return ended;
}

int Traffic::flying(Purpose::Is is) const {
  return static_cast<int>(std::count_if(flying_.begin(), flying_.end(),
                                        [&](const auto& job) { return job.second.is == is; }));
}

int Traffic::flying(Use use) const {
  return static_cast<int>(std::count_if(flying_.begin(), flying_.end(), [&](const auto& job) {
    return job.second.is == Purpose::Is::serial && job.second.use == use;
  }));
}

void Traffic::measure_run(Nanoseconds took) { run_duration_ = std::max(run_duration_, took); }

void Traffic::measure_scripts(Nanoseconds slowest) {
  script_duration_ = std::min(script_duration_, slowest);
}

bool Traffic::slow_target() const { return run_duration_ >= slow; }

bool Traffic::lanes_to_spare() const { return slow_target() && lanes_ >= 2 * early_attempts; }

bool Traffic::may_start(bool paused) const {
  const int flying = static_cast<int>(flying_.size());
  if (one_lane_) return flying == 0;
  if (flying >= lanes_) return false;
  if (slow_target() || paused) return true;
  int attempts = 0, others = 0;
  for (const auto& [id, job] : flying_)
    if (!job.paused) ++(job.is == Purpose::Is::attempt ? attempts : others);
  return others + std::min(attempts, fast_attempts) < fast_jobs;
}

/// A target that closes each connection often has a process for each, and few of them: what waits
/// at other gates would keep a race from overlapping.
bool Traffic::may_race() const {
  if (slow_target()) return true;
  const int most = keeps_alive_ && script_duration_ < quick ? quick_attempts : fast_attempts;
  return flying(Purpose::Is::attempt) < most;
}

}  // namespace trial
