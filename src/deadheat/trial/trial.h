#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/random.h"
#include "experiment/experiment.h"
#include "trial/hearing.h"
#include "experiment/journal.h"
#include "experiment/lanes.h"
#include "trial/pairs.h"
#include "oracle/oracle.h"
#include "schedule/planner.h"

namespace trial {

/// Drives one run: decides what is played next, and hands what comes back to the hearing. One
/// thread; the lanes play.
///
///     set up -> reset once -> learn: every order alone -> in lanes, side by side:
///         second runs | pairs (does it work on one thing at a time?) | attempts and controls
///         | runs the oracle asks for | replays and fresh serial runs, once something is suspicious
///     -> proven, effort enough, or budget spent -> (proven: how wide is the window?) -> land
///     -> tear down
class Conductor {
 public:
  Conductor(race::Course& course, const Options& options);
  ~Conductor();

  /// Everything but the teardown.
  void run();
  void tear_down();

  [[nodiscard]] const Hearing& hearing() const { return hearing_; }
  [[nodiscard]] base::Nanoseconds elapsed() const { return course_.clock.now() - began_; }

 private:
  /// What a job in flight is for.
  struct Purpose {
    enum class Is { serial, attempt, look, pair };
    Is is = Is::serial;
    Use use = Use::learning;  // of serial runs, as is the next
    oracle::Wanted wanted;
    schedule::Schedule schedule;  // of attempts
    int attempt = 0;              // the number of the one that is looked at
    Made made = Made::planned;    // likewise
    bool paused = false;          // mostly waits: does not crowd the machine
    int generation = 0;           // of the learning; what is older is thrown away
  };
  /// A second look at the state of an attempt, not before its time.
  struct Look {
    int attempt = 0;  // its number
    base::Nanoseconds not_before{0};
  };
  /// A serial run that has to be made, not before its time.
  struct Errand {
    oracle::Wanted wanted;
    base::Nanoseconds not_before{0};
    Use use = Use::learning;
  };

  [[nodiscard]] int lanes_allowed();

  // the steps of run()
  bool set_up();
  void learn_alone();
  void race();
  void explore_window();
  void land();

  // deciding
  bool finished();
  bool submit_next();
  bool submit_look();
  bool submit_errand();
  bool submit_pair();
  bool submit_proof();
  bool submit_attempt();
  bool submit_control_after_errors();
  void submit(Purpose purpose, decltype(Job::what) what, race::Pace pace);
  void submit_serial(const oracle::Wanted& wanted, Use use, base::Nanoseconds pause);
  void submit_control();
  void submit_race(const schedule::Schedule& schedule, bool replay);
  [[nodiscard]] bool may_fly(bool paused) const;
  [[nodiscard]] int attempt_lanes() const;
  [[nodiscard]] int flying(Purpose::Is is) const;
  [[nodiscard]] int flying(Use use) const;
  [[nodiscard]] bool alone() const;
  [[nodiscard]] int looks_pending() const;
  [[nodiscard]] base::Nanoseconds again_after() const;
  [[nodiscard]] bool slow_target() const;
  [[nodiscard]] bool lanes_to_spare() const;
  [[nodiscard]] base::Nanoseconds next_errand_in() const;

  // hearing
  void hear(Done done);
  void write_down(const Purpose& purpose, const outcome::Outcome& outcome, bool heeded) const;
  void heed(const News& news);
  void want(const std::vector<oracle::Wanted>& wanted);
  void want_looks(const std::vector<int>& attempts);
  void want_second_run(const oracle::Wanted& wanted);
  void learn_in_one_lane(const std::string& why);
  void heed_sinks();
  bool sinks_need_one_lane();

  void say_progress(bool now = false);
  [[nodiscard]] bool over_budget() const;
  [[nodiscard]] oracle::Wanted by_everyone(const oracle::Order& order) const;
  [[nodiscard]] Ledger& ledger() { return hearing_.ledger(); }
  [[nodiscard]] const Ledger& ledger() const { return hearing_.ledger(); }

  race::Course& course_;
  const scenario::Scenario& scenario_;
  const Options& options_;
  Journal journal_;
  base::Nanoseconds began_;
  std::vector<scenario::Entry> entries_;
  Hearing hearing_;
  Pairs pairs_;
  std::unique_ptr<Lanes> lanes_;
  schedule::Planner planner_;
  base::Random random_;
  /// Second looks are made apart from their attempts, which need not wait for them.
  bool looks_apart_;
  race::Pace pace_;

  std::map<int, Purpose> in_flight_;
  int next_id_ = 0;
  int generation_ = 0;
  std::vector<Errand> errands_;
  std::vector<Look> looks_;
  std::map<oracle::Order, int> asked_;  // serial runs made or on their way, by order
  std::map<oracle::Order, base::Nanoseconds> first_begun_;  // the first run of each
  int attempts_asked_ = 0;
  int fresh_asked_ = 0;  // to take the suspects in turn
  bool one_lane_ = false;
  int proving_attempts_ = 0;
  Purpose::Is last_heard_ = Purpose::Is::serial;
  base::Nanoseconds serial_duration_{0};  // of a whole serial run: the longest of those alone
  /// Of the slowest script, in the serial run where that was fastest: what else the machine does
  /// is not in it.
  base::Nanoseconds script_duration_ = base::Nanoseconds::max();
  bool keeps_alive_ = false;  // the target, its connections
  base::Nanoseconds said_{0};
  std::vector<sink::Tally> sinks_before_;  // they may have served another conductor
  bool done_ = false;
  bool exploring_ = false;  // the hit window: nothing else is heard any more
};

}  // namespace trial
