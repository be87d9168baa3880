#pragma once

#include <map>

#include "base/clock.h"
#include "oracle/oracle.h"
#include "schedule/schedule.h"
#include "trial/hearing.h"

/// What is in flight, and what more may start beside it.
namespace trial {

/// What a job in flight is for.
struct Purpose {
  enum class Is { set_up, serial, attempt, look, pair };
  Is is = Is::serial;
  Use use = Use::learning;  // of serial runs, as is the next
  oracle::Wanted wanted;
  schedule::Schedule schedule;  // of attempts
  int attempt = 0;              // the number of the one that is looked at
  Made made = Made::planned;    // likewise
  bool paused = false;          // mostly waits: does not crowd the machine
  int generation = 0;           // of the learning; what is older is thrown away
};

/// How much may go on side by side.
///
///     a slow target (a serial run of 200 ms or more)   every lane: they mostly wait
///     a fast one                                       four jobs, of which attempts count as two
///                                                      at most: the others wait at their gates
///     one lane                                         one job
///
/// Jobs that mostly wait (a pause between scripts, a second look) have room in any lane.
class Traffic {
 public:
  explicit Traffic(int lanes) : lanes_(lanes) {}

  /// The id of the job.
  int begin(Purpose purpose);
  [[nodiscard]] const Purpose& purpose(int id) const;
  Purpose end(int id);

  [[nodiscard]] bool empty() const { return flying_.empty(); }
  [[nodiscard]] int flying(Purpose::Is is) const;
  [[nodiscard]] int flying(Use use) const;

  [[nodiscard]] int lanes() const { return lanes_; }
  void keep_to_one_lane() { one_lane_ = true; }
  [[nodiscard]] bool kept_to_one_lane() const { return one_lane_; }
  [[nodiscard]] bool alone() const { return one_lane_ || lanes_ == 1; }

  /// How long a whole serial run takes: the longest counts.
  void measure_run(base::Nanoseconds took);
  /// How long the slowest script of a serial run took: the shortest run counts, for what else the
  /// machine did is not in it.
  void measure_scripts(base::Nanoseconds slowest);
  void learn_keep_alive(bool keeps_alive) { keeps_alive_ = keeps_alive; }
  [[nodiscard]] base::Nanoseconds run_duration() const { return run_duration_; }

  /// Lanes cost a slow target nothing.
  [[nodiscard]] bool slow_target() const;
  /// Where everything mostly waits, more of it side by side costs nothing.
  [[nodiscard]] bool lanes_to_spare() const;
  [[nodiscard]] bool may_start(bool paused) const;
  /// Room for one more attempt among attempts.
  [[nodiscard]] bool may_race() const;

 private:
  std::map<int, Purpose> flying_;
  int next_id_ = 0;
  int lanes_;
  bool one_lane_ = false;
  bool keeps_alive_ = false;  // the target, its connections
  base::Nanoseconds run_duration_{0};
  base::Nanoseconds script_duration_ = base::Nanoseconds::max();
};

/// Attempts that a slow target is given while second runs are on their way, and replays that go on
/// at a time there.
inline constexpr int early_attempts = 4;
/// On a fast target more attempts than this only disturb each other's releases.
inline constexpr int fast_attempts = 2;

}  // namespace trial
