#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oracle/oracle.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "record/codes.h"
#include "schedule/planner.h"
#include "trial/rules.h"

namespace trial {

/// What an attempt was made for.
enum class Made {
  planned,
  replay,       // a schedule that hit before, or another once something has
  after_proof,  // to see how wide the hit window is: it proves nothing
};

/// An attempt and what was made of it. Outcome and reading are kept while it is not explained.
struct Attempt {
  int number = 0;  // from 1
  int play = 0;    // outcome::Outcome::number, by which sinks know it
  schedule::Schedule schedule;
  outcome::Outcome outcome;
  oracle::Reading reading;
  oracle::Judgement judgement;
  std::uint64_t judged_at = 0;        // the oracle's revision
  std::vector<BrokenRule> broken;     // rules that held in every serial run
  std::optional<std::string> permit;  // why it is permitted, if it is
  bool overlapped = false;
  base::Nanoseconds spread{0};  // of the release
  bool looked_again = false;    // the state was observed once more, or there is none
  bool effort = false;          // counts towards `clean`
  bool failed = false;          // somebody got a server error or no answer: kept for the report
  bool hinted = false;          // its hit was passed on to the sweep, and that it wants a look
  bool after_proof = false;     // made only then
  bool odd_reset = false;       // it did not begin in the reset state, as far as that is known
  bool by_rules_only = false;   // there was no baseline to judge it by

  [[nodiscard]] bool waits() const { return judgement.is == oracle::Judgement::Is::needs_runs; }
  [[nodiscard]] bool explained() const { return judgement.is == oracle::Judgement::Is::explained; }
  /// Further serial runs may change what is made of it.
  [[nodiscard]] bool open() const {
    return waits() || judgement.is == oracle::Judgement::Is::contradicts;
  }
  [[nodiscard]] bool contradicts() const {
    return judgement.is == oracle::Judgement::Is::contradicts &&
           judgement.layer != oracle::Layer::detail;
  }
  /// No order explains it, or a rule broke; and nobody permits it.
  [[nodiscard]] bool suspicious() const { return !permit && (contradicts() || !broken.empty()); }
  /// Suspicious, and not only for a moment. Once the race is proven, the first look will do.
  [[nodiscard]] bool suspicious_for_good() const {
    return suspicious() && (looked_again || after_proof);
  }
  /// What counts as a hit in the sequential test.
  [[nodiscard]] bool hit() const { return suspicious_for_good() && !after_proof; }
  /// Says something about the hit window: judged, by orders or, without a baseline, by rules; and
  /// if suspicious, for good.
  [[nodiscard]] bool shows_window() const {
    return suspicious() ? suspicious_for_good() : judged();
  }
  /// Says something about the rate. Every hit does.
  [[nodiscard]] bool rated() const { return shows_window() && !after_proof; }

 private:
  [[nodiscard]] bool judged() const {
    return by_rules_only || (!waits() && judgement.is != oracle::Judgement::Is::unjudged);
  }
};

/// How a run ended before its time.
struct Ending {
  record::Ending is = record::Ending::target_lost;
  record::Reason reason;
};

/// A rule that broke in a serial run.
struct SerialBreak {
  oracle::Order order;
  BrokenRule rule;
  outcome::Outcome outcome;
};

/// Everything that has happened in a run, as far as the record needs it.
struct Ledger {
  // learning
  int serial_runs = 0;
  int played_anew = 0;                 // beyond these: the server hung up on a kept connection
  std::vector<schedule::Alone> alone;  // how long each script takes alone: the longest seen
  base::Nanoseconds settle{0};
  std::vector<record::Remark> remarks;
  bool baseline = false;                       // every order was run twice, and its runs agree
  std::vector<oracle::Oracle::Clash> clashes;  // where they do not
  std::vector<oracle::Conflict> reset_conflicts;
  bool learning_too_long = false;
  std::optional<bool> two_connections;  // the target serves two connections at a time
  std::optional<bool> one_at_a_time;    // it works on one thing at a time
  std::optional<SerialBreak> serial_break;

  // racing
  std::vector<Attempt> attempts;
  int controls = 0;
  int drifted_controls = 0;
  int lanes = 1;
  std::map<std::pair<int, int>, int>
      refusals;  // (script, status) -> times, refusals that only contention brought forth
  int everyone_refused = 0;
  std::map<oracle::Order, int> explained_by;
  struct ContentionError {
    int script = 0;
    int status = 0;  // 0: no answer
    std::vector<int> attempts;
    int controls_before = 0;  // answered serial controls before the first
    int controls_after = 0;   // since the last
  };
  std::map<std::pair<int, int>, ContentionError> errors;  // by script and status

  std::vector<outcome::Tally> sinks;

  // proving
  std::optional<int> suspect;  // index of the attempt under suspicion
  int fresh_serial = 0;        // serial runs since then
  int fresh_odd = 0;           // of these, came out otherwise than their order did before
  int fresh_paused = 0;        // of these, with more than a second between the scripts
  bool proven = false;
  oracle::ByRequestJudgement by_request;
  bool budget_ended = false;

  std::optional<Ending> ending;

  /// There is no baseline, and there will be none: only rules can be judged.
  [[nodiscard]] bool without_baseline() const {
    return !baseline && !(clashes.empty() && reset_conflicts.empty());
  }
  [[nodiscard]] int hits() const;
  /// Attempts that say something about the rate.
  [[nodiscard]] int judged() const;
  [[nodiscard]] int counted() const;
  [[nodiscard]] int odd_resets() const;
  /// One that contention brings forth, as far as the serial runs tell.
  [[nodiscard]] const ContentionError* contention_error() const;
  /// More controls may prove one.
  [[nodiscard]] bool lacks_controls(const ContentionError& error) const;

 private:
  [[nodiscard]] bool is_proven(const ContentionError& error, int answered_serially) const;
};

}  // namespace trial
