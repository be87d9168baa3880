#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "scenario/scenario.h"

/// Who is released when. Values: seeded, printed, stored, replayable.
namespace schedule {

enum class Sync {
  held,     // one thread releases the held bytes of all requests over warm connections
  threads,  // a thread per actor and a barrier, as a hand-written test does
};

enum class Hold {
  headers,  // the last LF of the header block (and the body behind it): gates every server
  body,     // the last byte of the body: the server may have begun with the head
};

/// One attempt, planned. Entries are numbered as in scenario::entries.
struct Schedule {
  Sync sync = Sync::held;
  Hold hold = Hold::headers;
  int gate = 0;  // each script waits before this step, or before its last one if it has fewer
  std::vector<base::Nanoseconds>
      offsets;  // an entry's release after the opening of the gate; >= 0, the least is 0
  std::vector<int> sequence;  // the order in which requests with equal offsets are written
};

/// Entries one after another: what a serial run plays.
struct Sequence {
  std::vector<int> turns;  // the entry whose turn it is
  bool by_request =
      false;  // each turn plays one request of its entry (an interleaving), not the whole script
  base::Nanoseconds pause{0};  // between the turns
};

/// "together, held at headers before step 2" or "accept 5.2 ms after cancel, ...".
[[nodiscard]] std::string describe(const Schedule& schedule, const scenario::Scenario& scenario);

[[nodiscard]] json::value to_json(const Schedule& schedule);

/// Plans attempts: holds and gates in turn; half of the attempts together, the others stratified
/// from small offsets outwards over plus and minus the longest solo latency; more of those near
/// which something happened. Pure but for its seed: the same calls give the same schedules.
class Planner {
 public:
  Planner(const scenario::Scenario& scenario, std::uint64_t seed);

  /// How long each script takes alone; the sweep keeps within the longest.
  void learn_latency(base::Nanoseconds longest);
  [[nodiscard]] Schedule next();
  /// The schedule hit, or nearly (something was refused or took longer): worth coming back to.
  void interesting(const Schedule& schedule, bool hit);
  /// The schedule to replay: the one that hit most often, else `next`.
  [[nodiscard]] Schedule replay();

 private:
  struct Region {
    Schedule schedule;
    int hits = 0;
    int near_misses = 0;
  };

  std::vector<scenario::Entry> entries_;
  scenario::Run run_;
  int steps_ = 1;  // of the longest script
  base::Nanoseconds longest_{0};
  int planned_ = 0;
  std::vector<Region> regions_;
  base::Random random_;
};

}  // namespace schedule
