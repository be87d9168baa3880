#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/random.h"
#include "oracle/oracle.h"
#include "record/progress.h"
#include "schedule/planner.h"
#include "trial/agenda.h"
#include "trial/hearing.h"
#include "trial/job.h"
#include "trial/options.h"
#include "trial/pairs.h"
#include "trial/traffic.h"

/// A run as a state machine: decides what is played next, and what to make of what comes back.
namespace trial {

/// One run, from setup to the end of the race (doc/verdicts.md). Plays nothing: `next` says what is
/// to be played now, and whoever plays it says what came of it to `hear`. No thread, no socket, no
/// clock: time is an argument, the reader's own monotonic clock, and never goes back.
///
///     for (;;) {
///       Next next = trial.next(now());
///       if (Job)  start it in some lane; ask again at once
///       if (Wait) wait for a result or until then; hear() it; ask again
///       if (Over) break
///     }
///
///     set up -> every order once, alone -> in lanes, side by side:
///         second runs | pairs (does it work on one thing at a time?) | attempts and controls
///         | runs the oracle asks for | replays and fresh serial runs, once something is suspicious
///     -> proven, effort enough, or budget spent -> (proven: how wide is the window?) -> over
///
/// Deterministic: the same calls with the same arguments give the same jobs. Borrows scenario and
/// evaluator. One thread.
class Trial {
 public:
  Trial(const scenario::Scenario& scenario, const expression::Evaluate& evaluate, Options options);

  /// What to play now. After Over it stays Over.
  [[nodiscard]] Next next(base::Nanoseconds now);
  /// What came of a job. After Over nothing is made of it any more.
  void hear(Done done, base::Nanoseconds now);
  /// The sinks as they are now; before each `hear` and once after Over, where there are sinks.
  void hear(SinkNews news);
  /// The user wants no more. Over from here on.
  void interrupt();

  /// How many jobs go on at a time, at most.
  [[nodiscard]] int lanes() const { return traffic_.lanes(); }

  /// What a job in flight is for, and what will be made of its result, for those who write it down.
  struct About {
    const Purpose& purpose;
    int attempt = 0;   // the number it will have in the ledger; 0: none
    int learning = 1;  // since when; from 1, what belongs to an earlier one is thrown away
    bool after_proof = false;
  };
  [[nodiscard]] About about(const Done& done) const;

  /// Everything that has happened. `hear` and `interrupt` are the only ones that write it.
  [[nodiscard]] const Ledger& ledger() const { return hearing_.ledger(); }
  [[nodiscard]] const oracle::Oracle& oracle() const { return hearing_.oracle(); }
  /// Since the first `next`.
  [[nodiscard]] base::Nanoseconds elapsed(base::Nanoseconds now) const {
    return phase_ == Phase::fresh ? base::Nanoseconds(0) : now - began_;
  }
  [[nodiscard]] record::Progress progress(base::Nanoseconds now) const;

 private:
  enum class Phase { fresh, setting_up, learning_alone, racing, exploring, over };

  // the phases: what is next in each; nothing: wait, or the phase has ended
  std::optional<Job> set_up();
  std::optional<Job> learn_alone();
  std::optional<Job> race();
  std::optional<Job> explore();
  void begin_racing();
  void begin_exploring();
  [[nodiscard]] bool finished() const;

  // while racing, in this order
  std::optional<Job> look();
  std::optional<Job> errand();
  std::optional<Job> pair();
  std::optional<Job> proof();
  std::optional<Job> attempt();
  [[nodiscard]] bool may_race_yet() const;
  [[nodiscard]] bool planned_all_raced();
  [[nodiscard]] bool errors_lack_control() const;

  // the jobs
  Job job(Purpose purpose, decltype(Job::what) what, outcome::Pace pace);
  Job serial(const oracle::Wanted& wanted, Use use, base::Nanoseconds pause);
  Job control();
  Job raced(const schedule::Schedule& schedule, bool replay);

  // hearing
  void hear_serial(const Purpose& purpose, outcome::Outcome outcome);
  void heed(const News& news);
  void want_looks(const std::vector<int>& attempts);
  void learn_in_one_lane(record::Remark why);
  bool sinks_need_one_lane();

  [[nodiscard]] base::Nanoseconds wake_up() const;
  [[nodiscard]] int looks_pending() const;
  [[nodiscard]] base::Nanoseconds again_after() const;
  [[nodiscard]] oracle::Wanted by_everyone(const oracle::Order& order) const;

  const scenario::Scenario& scenario_;
  Options options_;
  std::vector<scenario::Entry> entries_;
  Hearing hearing_;
  Pairs pairs_;
  Traffic traffic_;
  Agenda agenda_;
  schedule::Planner planner_;
  base::Random random_;
  /// Second looks are made apart from their attempts, which need not wait for them.
  bool looks_apart_;
  outcome::Pace pace_;

  Phase phase_ = Phase::fresh;
  base::Nanoseconds now_{0};  // of the call under way
  base::Nanoseconds began_{0};
  std::size_t learnt_alone_ = 0;  // orders
  bool done_ = false;             // racing: nothing more is to be had
  int generation_ = 0;
  int attempts_asked_ = 0;
  int fresh_asked_ = 0;  // to take the suspects in turn
  int proving_attempts_ = 0;
  Purpose::Is last_heard_ = Purpose::Is::serial;
  base::Nanoseconds exploring_ends_{0};
  int explored_ = 0;
  SinkNews sinks_;
  std::vector<int> strays_before_;  // of sinks, which may have served another trial
};

}  // namespace trial
