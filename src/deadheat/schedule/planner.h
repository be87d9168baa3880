#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.h"
#include "schedule/schedule.h"

namespace schedule {

/// Beyond this, two requests are no longer one race.
inline constexpr base::Nanoseconds widest_offset = std::chrono::milliseconds(250);

/// How long a script takes alone from each of its steps to its last answer: what is left of it when
/// the gate stands there.
using Alone = std::vector<base::Nanoseconds>;

/// What came of a schedule, as far as the next ones depend on it.
struct Sign {
  bool hit = false;          // no order explains it
  bool near_miss = false;    // somebody was refused, or had to wait
  std::optional<int> first;  // of two entries: who came first, by every order that explains it
};

/// Plans attempts. Of four, two are together; two are swept, from small lags outwards, and where
/// there is a sign, every second one of these goes there. Pure but for its seed: the same calls
/// give the same schedules. One thread.
class Planner {
 public:
  Planner(const scenario::Scenario& scenario, std::uint64_t seed);

  /// Of each script, as Scenario::race has them. Without it nothing is swept.
  void learn_latency(std::vector<Alone> alone);
  /// Requests can share a connection: of sixteen attempts eight do, then eight do not.
  void learn_multiplexing() { multiplexes_ = true; }
  /// From here on every attempt is this one.
  void repeat(Schedule only) { only_ = std::move(only); }

  [[nodiscard]] Schedule next();
  void hear(const Schedule& schedule, const Sign& sign);
  /// The schedule to replay, exactly as it was: of the neighbourhood that hits most often, by what
  /// its replays brought, the one in the middle of its hits; `next` where none has hit.
  [[nodiscard]] Schedule replay();
  /// Of two, once something has hit: a lag among those that hit or half as far beyond them, to see
  /// where the window ends; with the gate of `replay`.
  [[nodiscard]] Schedule around_hits();

 private:
  /// A way of moving entries apart; a lag says how far.
  struct Direction {
    std::vector<bool> late;  // these wait for the lag
    bool spread = false;     // they are spread over it instead
  };
  /// One thing that is moved, to both sides.
  using Dimension = std::pair<Direction, Direction>;
  /// Schedules that differ by next to nothing.
  struct Region {
    Schedule first;              // the first of them
    std::vector<Schedule> hits;  // those that hit, by their lags
    int looks = 0;               // attempts that were sent there for the sake of a near miss
    int replays = 0;

    /// Of its hits, for at the edge of a window every second attempt misses it.
    [[nodiscard]] const Schedule& middle() const { return hits.at(hits.size() / 2); }
  };
  /// Who came first, by the lag.
  using Flips = std::multimap<base::Nanoseconds, int>;

  [[nodiscard]] std::vector<Dimension> dimensions() const;
  [[nodiscard]] int strata() const;
  [[nodiscard]] Hold hold_of_turn(int turn) const;
  [[nodiscard]] int gate_of_turn(int turn) const;
  [[nodiscard]] Connections connections_of_turn(int turn) const;
  [[nodiscard]] base::Nanoseconds reach(const Direction& direction, int gate) const;
  void sweep(Schedule& schedule);
  void move(Schedule& schedule, const Direction& direction, base::Nanoseconds lag);
  bool follow(Schedule& schedule);
  bool follow_hits(Schedule& schedule);
  bool follow_near_misses(Schedule& schedule);
  bool follow_flip(Schedule& schedule);
  [[nodiscard]] Region* best_region();
  [[nodiscard]] Region& region_of(const Schedule& schedule);
  [[nodiscard]] Schedule near(const Schedule& schedule);

  std::vector<scenario::Entry> entries_;
  scenario::Run run_;
  std::vector<int> steps_;  // of each script
  int gates_ = 1;           // as many as the longest script has steps
  std::vector<Dimension> dimensions_;
  std::vector<Alone> alone_;
  bool multiplexes_ = false;
  std::optional<Schedule> only_;
  int planned_ = 0;
  std::map<int, int> swept_;  // of these, by the gate
  int followed_ = 0;
  int halved_ = 0;  // gaps between flips; of their own, for holds to take turns in them
  std::vector<Region> regions_;
  std::map<int, Flips> flips_;  // by the gate
  base::Random random_;
};

}  // namespace schedule
