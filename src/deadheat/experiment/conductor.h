#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "experiment/experiment.h"
#include "experiment/lanes.h"
#include "experiment/ledger.h"
#include "oracle/oracle.h"
#include "schedule/schedule.h"

namespace experiment {

/// Drives one run: decides what is played next, tells the oracle, keeps the ledger. One thread; the
/// lanes play.
///
///     set up -> reset once -> learn: every order alone -> in lanes, side by side:
///         second runs | pairs (does it work on one thing at a time?) | attempts and controls
///         | runs the oracle asks for | replays and fresh serial runs, once something is suspicious
///     -> proven, effort enough, or budget spent -> tear down
class Conductor {
 public:
  Conductor(race::Course& course, const Options& options);
  ~Conductor();

  void run();

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const oracle::Oracle& oracle() const { return *oracle_; }
  [[nodiscard]] base::Nanoseconds elapsed() const { return course_.clock.now() - began_; }

 private:
  /// What a job in flight is for.
  struct Purpose {
    enum class Is { run, control, fresh, attempt, pair };
    Is is = Is::run;
    oracle::Order order;       // of serial runs
    std::vector<int> players;  // the cast
    schedule::Schedule schedule;
    base::Nanoseconds begun{0};
    bool replay = false;
    bool paused = false;  // mostly waits: does not crowd the machine
    int generation = 0;   // of the learning; what is older is thrown away
  };
  /// A serial run that has to be made, not before its time.
  struct Errand {
    oracle::Wanted wanted;
    base::Nanoseconds not_before{0};
  };

  [[nodiscard]] int lanes_allowed();

  // the steps of run()
  bool set_up();
  void learn_alone();
  void race();
  void wind_up();

  // deciding
  bool finished();
  bool submit_next();
  bool submit_errand();
  bool submit_pair();
  bool submit_proof();
  bool submit_attempt();
  [[nodiscard]] bool may_fly(bool paused) const;
  [[nodiscard]] bool slow_target() const;
  [[nodiscard]] std::pair<int, int> pair_of_entries() const;
  [[nodiscard]] base::Nanoseconds last_step(int entry) const;
  [[nodiscard]] base::Nanoseconds next_errand_in() const;
  void submit(Purpose purpose, decltype(Job::what) what, race::Pace pace);
  void submit_serial(const oracle::Wanted& wanted, Purpose::Is is, base::Nanoseconds pause);
  void submit_race(const schedule::Schedule& schedule, bool replay);

  // hearing
  void hear(Done done);
  void hear_serial(const Purpose& purpose, outcome::Outcome outcome);
  void hear_attempt(const Purpose& purpose, outcome::Outcome outcome);
  void hear_pair(const std::optional<race::Pair>& pair);
  void weigh_pairs();
  void measure(const outcome::Outcome& outcome, const oracle::Order& order);
  void want(const std::vector<oracle::Wanted>& wanted);
  void check_baseline();
  void check_serial_rules(const outcome::Outcome& outcome, const oracle::Order& order);
  void judge_open();
  void judge(Attempt& attempt);
  void note_errors(Attempt& attempt);
  void settle(Attempt& attempt);
  void suspect_if_needed();
  void check_proof();
  void heed_sinks();
  bool sinks_need_one_lane();
  void learn_again_in_one_lane(const std::string& why);
  bool lost(const outcome::Outcome& outcome, const std::string& during);
  void say_progress(bool now = false);
  [[nodiscard]] bool over_budget() const;
  [[nodiscard]] std::vector<int> everyone() const;

  race::Course& course_;
  const scenario::Scenario& scenario_;
  const Options& options_;
  base::Nanoseconds began_;
  std::vector<scenario::Entry> entries_;
  std::unique_ptr<oracle::Oracle> oracle_;
  std::unique_ptr<Lanes> lanes_;
  schedule::Planner planner_;
  base::Random random_;
  race::Pace pace_;
  Ledger ledger_;

  std::map<int, Purpose> in_flight_;
  int next_id_ = 0;
  int generation_ = 0;
  std::vector<Errand> errands_;
  std::map<oracle::Order, int> asked_;               // serial runs made or on their way, by order
  std::map<oracle::Order, outcome::Outcome> alone_;  // the first run of each order
  std::vector<base::Nanoseconds> alone_begun_;       // of each of oracle.orders()
  int pairs_asked_ = 0, pairs_heard_ = 0;
  std::vector<base::Nanoseconds> pairs_;  // how long each took together
  int attempts_asked_ = 0;
  int fresh_asked_ = 0;
  bool one_lane_ = false;
  std::vector<oracle::Wanted> suspects_;
  base::Nanoseconds serial_duration_{0};  // of a whole serial run: the longest of those alone
  base::Nanoseconds said_{0};
  bool done_ = false;
};

}  // namespace experiment
