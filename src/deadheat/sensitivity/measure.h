#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "sensitivity/planted.h"

/// How narrow a race window is found on this machine, as it is now: planted ones of known width
/// are raced by what races everything else.
namespace sensitivity {

struct Plan {
  std::vector<base::Nanoseconds> windows;
  int rounds = 1;              // for each window, each with a seed of its own
  int attempts = 1;            // in a round
  base::Nanoseconds limit{0};  // for each window; what a round lacks then is not made up for
  std::uint64_t seed = 0;
  scenario::Run run;  // of this: sync, hold, offsets
  Planted::Fault fault = Planted::Fault::lost_update;
  std::function<void(double share)> on_progress = [](double) {};
  const std::atomic<bool>* stop = nullptr;  // set: what was measured so far is enough
};

/// For `deadheat doctor`: 1 ms, 100 µs and 20 µs; 8 s at most.
[[nodiscard]] Plan thorough();
/// For the evidence of `clean`: 1 ms and 100 µs; 300 ms at most.
[[nodiscard]] Plan quick();

/// One entry for each window. The failure says why the planted server could not be raced.
[[nodiscard]] base::Result<std::vector<record::Planted>, std::string> measure(
    const Plan& plan, const base::Clock& clock);

/// The median number of the attempt that hits first, of as many rounds as there are numbers; 0
/// stands for a round without a hit, which lasts longer than any. 0 if half of them had none.
[[nodiscard]] int median_of_firsts(std::vector<int> firsts);

}  // namespace sensitivity
