#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "expression/expression.h"
#include "oracle/oracle.h"
#include "outcome/outcome.h"
#include "schedule/planner.h"
#include "trial/job.h"
#include "trial/ledger.h"

namespace trial {

/// What a serial run is made for.
enum class Use {
  learning,      // its order is wanted
  late,          // likewise, and so long after the first that what moves once a second has moved
  control,       // mixed in among attempts: it has to fit what is known
  proof,         // a fresh one, once something is suspicious
  paused_proof,  // likewise, with more than a second between the scripts
};

/// What follows from a thing that was heard.
struct News {
  /// What came of a schedule.
  struct Hint {
    schedule::Schedule schedule;
    schedule::Sign sign;
  };
  std::vector<oracle::Wanted> wanted;  // serial runs without which nothing more can be said
  std::vector<Hint> hints;             // for the sweep
  std::vector<int> looks;              // attempts, by number, whose state is to be read again
  std::optional<record::Remark> disagreement;  // every order was learnt, but runs of one order, or
                                               // resets, differ: with the first place
};

/// Hears what came back, and makes something of it: tells the oracle, keeps the ledger, judges what
/// is open, weighs the proof. Plays nothing and has no clock: what has to be played next it only
/// names. One thread.
///
/// From the second run of an order on its pattern serves; it is preliminary until the late run was
/// heard. What a preliminary pattern explains stays explained, for patterns only widen. What none
/// explains is suspicious, and is judged again; an accusation stands only when nothing that it
/// rests on is preliminary.
///
///     serial run ──► learn ──► baseline? ──► judge the attempts that are open
///     attempt    ──► rules, permit, errors ─┘    │
///                      explained ── suspicious ◄─┴─► wanted serial runs
///                                       └─► proven?
class Hearing {
 public:
  /// Borrows scenario and evaluator. `keep_going`: a rule that breaks serially does not end it.
  Hearing(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
          std::uint64_t seed, bool keep_going);

  [[nodiscard]] News hear_serial(const oracle::Order& order, Use use, outcome::Outcome outcome);
  [[nodiscard]] News hear_attempt(const schedule::Schedule& schedule, outcome::Outcome outcome,
                                  Made made = Made::planned);
  /// The second look at the attempt of that number; `look` has its `later`, or a failure.
  [[nodiscard]] News hear_look(int attempt, outcome::Outcome look);

  /// What setup and the first reset tell. Not over: the target can be raced.
  void hear_set_up(const SetUp& set_up);
  void hear_one_at_a_time(std::optional<bool> is) { ledger_.one_at_a_time = is; }
  /// An attempt of which a call came too late was not seen whole.
  void hear_sinks(const SinkNews& news);
  /// Worth knowing when the report is read.
  void note(record::Remark remark) { ledger_.remarks.push_back(std::move(remark)); }
  void use_lanes(int lanes) { ledger_.lanes = lanes; }
  void spend_budget() { ledger_.budget_ended = true; }
  /// Learning takes too much of the budget.
  void give_up_learning();
  /// Unless the run has ended otherwise before.
  void interrupt();

  /// After a disagreement: forgets all but the first run of each order, to learn once more.
  void start_over();
  /// After a disagreement: from here on only rules can be judged.
  [[nodiscard]] News do_without_baseline();

  /// The verdict stands, or none can be had any more.
  [[nodiscard]] bool over() const { return over_; }
  /// Every order of all scripts was run late, too.
  [[nodiscard]] bool learnt() const;
  /// The proof lacks nothing but late runs, which are on their way.
  [[nodiscard]] bool proof_waits() const { return proof_waits_; }
  /// Attempts that cannot be judged before certain serial runs.
  [[nodiscard]] std::ptrdiff_t waiting() const;
  /// The serial runs that the present accusation needs, in turn.
  [[nodiscard]] const std::vector<oracle::Wanted>& suspects() const { return suspects_; }
  [[nodiscard]] const oracle::Oracle& oracle() const { return *oracle_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

 private:
  [[nodiscard]] bool whole(const oracle::Order& order) const;
  /// The target was lost while that was played.
  struct During {
    const char* what;
    const oracle::Order* order = nullptr;
    int attempt = 0;
  };
  bool lost(const outcome::Outcome& outcome, During during);
  void measure(const outcome::Outcome& outcome);
  void hear_control(const oracle::Order& order, const oracle::Reading& reading);
  void check_serial_rules(const outcome::Outcome& outcome, const oracle::Order& order);
  void check_baseline();
  void check_agreement();
  [[nodiscard]] std::vector<BrokenRule> rules_broken_by(const outcome::Outcome& outcome) const;
  void note_errors(Attempt& attempt);
  void forget_errors_of(const oracle::Reading& run);
  enum class Again { all, suspect_only };
  void judge_open(Again again = Again::all);
  /// Something was learnt since it was judged.
  [[nodiscard]] bool outdated(const Attempt& attempt) const;
  void judge(Attempt& attempt);
  void settle(Attempt& attempt);
  void wait_longer();
  [[nodiscard]] bool had_to_wait(const Attempt& attempt) const;
  [[nodiscard]] std::optional<int> who_came_first(const std::vector<oracle::Order>& orders) const;
  void forget_judgements();
  [[nodiscard]] bool is_preliminary() const;
  void suspect_if_needed();
  void check_proof();
  [[nodiscard]] News take_news();

  const scenario::Scenario& scenario_;
  const expression::Evaluate& evaluate_;
  std::uint64_t seed_;
  bool keep_going_;
  std::size_t entries_;
  std::unique_ptr<oracle::Oracle> oracle_;
  Ledger ledger_;
  std::map<oracle::Order, outcome::Outcome> alone_;  // the first run of each order of all
  std::set<oracle::Order> preliminary_;              // run, but not yet late
  std::vector<oracle::Wanted> suspects_;
  bool proof_waits_ = false;
  /// Attempts, by index, that are still to be judged, or under suspicion: few, where a long race
  /// has thousands that are explained.
  std::vector<std::size_t> unsettled_;
  News news_;  // gathered while something is heard
  bool over_ = false;
};

}  // namespace trial
