#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
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
/// Of two that differ only in how long the late ones are late: "accept 5.5 to 7.0 ms after cancel,
/// ...".
[[nodiscard]] std::string describe(const Schedule& least, const Schedule& most,
                                   const scenario::Scenario& scenario);

[[nodiscard]] json::value to_json(const Schedule& schedule);
/// Reads what to_json wrote, for a scenario of `entries` entries; the failure is a sentence.
[[nodiscard]] base::Result<Schedule, std::string> from_json(const json::value& value,
                                                            std::size_t entries);

/// Plans attempts: holds and gates in turn; half of the attempts together, the others stratified
/// from small offsets outwards over plus and minus the longest solo latency; more of those near
/// which something happened. Pure but for its seed: the same calls give the same schedules.
///
/// Of four attempts two are together (held at the headers, then at the body) and two are swept,
/// likewise. A hit or a near miss among offsets draws every second swept attempt to its
/// neighbourhood. Offsets stay within `widest_offset`.
class Planner {
 public:
  Planner(const scenario::Scenario& scenario, std::uint64_t seed);

  /// How long each script takes alone; the sweep keeps within the longest.
  void learn_latency(base::Nanoseconds longest);
  [[nodiscard]] Schedule next();
  /// The schedule hit, or nearly (something was refused or took longer): worth coming back to.
  void interesting(const Schedule& schedule, bool hit);
  /// The schedule to replay, exactly as it was: the one that hits most often, by what its replays
  /// brought; `next` where none has hit.
  [[nodiscard]] Schedule replay();

 private:
  /// Schedules that differ by next to nothing, by the first of them.
  struct Region {
    Schedule schedule;
    int hits = 0;
    int near_misses = 0;
    int replays = 0;
  };

  [[nodiscard]] int gate_of_turn(int turn) const;
  [[nodiscard]] std::vector<base::Nanoseconds> swept_offsets();
  [[nodiscard]] std::vector<base::Nanoseconds> late_by(base::Nanoseconds lag, int turn);
  [[nodiscard]] Region* busiest_region();
  [[nodiscard]] Schedule near(const Schedule& schedule);

  std::vector<scenario::Entry> entries_;
  scenario::Run run_;
  int steps_ = 1;  // of the longest script
  base::Nanoseconds longest_{0};
  int planned_ = 0;
  int swept_ = 0;           // of these, by strata
  int drawn_ = 0;           // to regions
  std::vector<bool> late_;  // which entries the last lag was for: the others are next
  std::vector<Region> regions_;
  base::Random random_;
};

/// Beyond this, two requests are no longer one race.
inline constexpr base::Nanoseconds widest_offset = std::chrono::milliseconds(250);

}  // namespace schedule
