#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oracle/comparison.h"
#include "oracle/knowledge.h"
#include "oracle/leads.h"
#include "oracle/match.h"
#include "oracle/order.h"
#include "oracle/pattern.h"
#include "oracle/reading.h"
#include "oracle/serial.h"

/// Decides whether the outcome of concurrent scripts is one that a serial order gives (see
/// doc/verdicts.md). Pure: it is told serial runs and attempts, says what it makes of them, and
/// names the serial runs it still needs. Nobody tells it what is right.
namespace oracle {

struct Limits {
  std::size_t orders = 120;        // beyond that a seeded sample, and what attempts point at
  std::size_t targeted = 400;      // orders beyond the sample that are learnt for attempts, in all
  std::size_t at_once = 8;         // of these, asked for at a time
  std::size_t trials = 64;         // sets of refused scripts that are taken out of one attempt
  std::size_t interleavings = 24;  // orders of single requests asked about one attempt
  std::size_t runs = 2;            // of one order before it is used
  std::size_t kept = 32;           // runs of one order that patterns are made of, while more fit
};

/// A serial run that is wanted.
struct Wanted {
  Order order;
  std::vector<int> members;  // the entries that may play it, interchangeable ones in turn
  auto operator<=>(const Wanted&) const = default;
};

/// Which part of an outcome no order explains; the first is the gravest.
enum class Layer {
  state,   // statuses, ok, stops, or the state
  bodies,  // the bodies of answers only: somebody was told something stale
  detail,  // the order of lists, the insides of partly volatile words: a note
};

struct Judgement {
  enum class Is {
    explained,
    needs_runs,   // see `wanted`; judge again when they have been told
    contradicts,  // no order explains it, as far as the runs so far go
    unjudged,     // see `doubt`
  };
  /// Why it is unjudged.
  enum class Doubt {
    none,
    refusals,   // more sets of refused scripts than the limit allows
    matching,   // too many ways to match
    half_done,  // a script of which a part certainly happened, and the rest may have
    orders,     // no order that was learnt explains it, and one of the others may
  };
  Is is = Is::contradicts;
  Doubt doubt = Doubt::none;
  std::vector<Order> orders;  // explained: every order that does, with as few taken out as possible
  std::vector<int> cast;      // explained: the entries in the roles of the first of them
  std::vector<int> out;       // explained: the entries that were taken out
  std::vector<int> odd;       // of these: refused with a status that is not customary for it
  bool indeterminate = false;     // explained: only because some answer may be anything
  std::vector<Difference> moved;  // explained: places that nobody counts and that moved otherwise
                                  // than in every order that explains it
  bool eventual = false;          // explained: by the second look at the state only
  std::vector<Wanted> wanted;
  Layer layer = Layer::state;  // contradicts
};

/// How an unexplained attempt fares against orders of its single requests.
enum class ByRequest {
  not_applicable,  // every script is one request
  explained,       // the server treats each request well; the race is between requests
  contradicts,     // the server itself is not atomic
  undecided,  // more interleavings than the limit allows, and none that was asked about explains it
  needs_runs,
};
struct ByRequestJudgement {
  ByRequest is = ByRequest::not_applicable;
  std::vector<Wanted> wanted;
};

class Oracle {
 public:
  Oracle(const scenario::Scenario& scenario, Limits limits, std::uint64_t seed);

  // -- learning

  /// The orders of all scripts: what is learnt first.
  [[nodiscard]] const std::vector<Order>& orders() const { return orders_; }
  [[nodiscard]] bool sampled() const { return sampled_; }
  /// A serial run of an order; answers stand by role. Widens the order's pattern, and nothing else.
  /// Of an order that was run more than Limits::kept times, a run that fits is only counted.
  void learn(const Order& order, Reading run);
  /// The state after a reset, of any run.
  void learn_reset(const Reading& run) { knowledge_.learn_reset(run); }
  [[nodiscard]] std::size_t runs_of(const Order& order) const { return knowledge_.runs_of(order); }
  [[nodiscard]] const Reading& last_run(const Order& order) const;
  [[nodiscard]] const Pattern& pattern(const Order& order) const;
  [[nodiscard]] bool knows(const Order& order) const { return runs_of(order) >= limits_.runs; }

  /// Where runs of one order differ in structure: there is no baseline.
  struct Clash {
    Order order;
    Conflict conflict;
  };
  [[nodiscard]] std::vector<Clash> clashes() const;
  /// Where the states after resets differ in structure.
  [[nodiscard]] std::vector<Conflict> reset_conflicts() const {
    return knowledge_.reset_conflicts();
  }
  /// A place that the scenario counts and that is not the same after every reset: then it is not
  /// of one attempt alone, and moves by what others do at the same time.
  [[nodiscard]] std::optional<std::string> shared_count() const {
    return knowledge_.shared_count();
  }
  /// Whether it began in the state after a reset, as far as that is known.
  [[nodiscard]] bool is_reset_state(const Reading& run) const {
    return knowledge_.is_reset_state(run.before, run.names);
  }

  /// A number that grows whenever something is learnt that may change a judgement.
  [[nodiscard]] std::uint64_t revision() const { return knowledge_.revision(); }
  /// How many patterns were made so far; a run that is told later makes those afresh that it
  /// concerns.
  [[nodiscard]] std::size_t patterns_made() const { return knowledge_.patterns_made(); }

  // -- judging

  [[nodiscard]] Judgement judge(const Reading& attempt) const;
  /// Whether a serial run fits the pattern of its order: a control.
  [[nodiscard]] bool fits(const Order& order, const Reading& run) const;
  [[nodiscard]] ByRequestJudgement judge_by_request(const Reading& attempt) const;
  /// The orders of single requests that an attempt will most likely be put to, if it is
  /// unexplained, for those who want them early.
  [[nodiscard]] std::vector<Wanted> likely_interleavings() const;
  /// What fresh serial runs an accusation needs: every order that real time permits, and every
  /// order of each rest that was asked about.
  [[nodiscard]] std::vector<Wanted> suspects(const Reading& attempt) const;
  /// What the serial runs of the orders of all have shown: see serial.h.
  [[nodiscard]] bool status_given_serially(int script, int status) const {
    return status_given(knowledge_, script, status);
  }
  [[nodiscard]] bool given_serially(const Told& told, const Names& names) const {
    return answer_given(knowledge_, told, names);
  }
  [[nodiscard]] bool everything_refused_serially() const {
    return everything_refused(knowledge_, orders_, scenario::has_state(scenario_));
  }
  [[nodiscard]] bool nothing_answered_serially() const {
    return nothing_answered(knowledge_, orders_);
  }

  // -- explaining

  /// Orders of all scripts in classes of equal outcome: class_of(orders()[i]).
  [[nodiscard]] std::vector<int> outcome_classes() const {
    return oracle::outcome_classes(knowledge_, orders_);
  }
  /// The scripts that are ok in an order, in turn.
  [[nodiscard]] std::vector<int> winners(const Order& order) const;

  /// An attempt beside an order, place by place.
  [[nodiscard]] Closeness closeness(const Reading& attempt, const Order& order) const {
    return oracle::closeness(attempt, pattern(order), scenario_);
  }

  /// Every place that is not a constant, over all orders.
  [[nodiscard]] std::vector<VolatilePlace> volatile_places() const {
    return oracle::volatile_places(knowledge_);
  }

 private:
  struct Explanation {
    Judgement::Doubt doubt = Judgement::Doubt::none;  // why `found` may be missing
    std::optional<Judgement> found;
    std::vector<Wanted> wanted;
  };
  /// What of an attempt does not depend on the state or the layer that is looked at.
  struct Case {
    const Reading& attempt;
    std::vector<int> refused;  // may be taken out
    std::vector<int> unsure;   // indeterminate: may be anything, or be taken out
    std::vector<int> open;     // indeterminate, and some of it certainly happened: may be anything
    std::vector<std::pair<int, int>> before;
    std::vector<int> twins;
    std::vector<std::vector<int>> sets;  // to take out, the smallest first
    bool cut = false;                    // there are more of these than the limit allows
    [[nodiscard]] std::vector<int> wild(const std::vector<int>& out) const;
  };

  std::vector<int> scripts_of(const std::vector<int>& members) const;
  /// All orders of some entries; where there are more than the limit, a sample.
  std::vector<Order> orders_of_members(const std::vector<int>& members) const;
  /// Those, and what was learnt beyond the sample.
  std::vector<Order> candidates(const std::vector<int>& members) const;
  std::vector<int> everyone() const;
  /// `timed`: real time counts. Without it interchangeable entries with equal answers are all
  /// twins, and whatever is explained with it is explained without.
  struct Opening {
    bool timed = true;
    bool whole = true;  // put to orders of whole scripts, not of single requests
  };
  Case open_case(const Reading& attempt, Opening opening) const;
  /// Where an attempt may be an order that was not learnt: whether those hardly have outcomes of
  /// their own: every outcome of the sample is that of two orders or more (the estimate of Good and
  /// Turing: what was seen once tells how much was not seen). Where each order has an outcome of
  /// its own, an attempt that none of the sample explains may simply be one of the others.
  bool sample_suffices() const;
  void choose_sets(Case& c, bool whole) const;
  Question ask(const Case& c, const Seen& state, const std::vector<int>& out,
               Strictness strictness) const;
  Explanation explain(const Case& c, const Seen& state, Strictness strictness) const;
  std::optional<Judgement> explained_by(const Case& c, const Question& question,
                                        const std::vector<Order>& orders,
                                        const std::vector<int>& out, Judgement::Doubt& doubt) const;
  /// Some order that was learnt fits, real time aside.
  bool fits_untimed(Question question) const;
  /// The orders beyond the sample that may explain what the known ones do not.
  Leads beyond_sample(const Question& question) const;
  std::vector<Ballot> ballots(const Question& question) const;
  std::vector<Wanted> missing(const std::vector<Order>& orders) const;
  bool real_time_permits(const std::vector<std::pair<int, int>>& before, const Order& order,
                         const std::vector<int>& members) const;

  const scenario::Scenario& scenario_;
  std::vector<scenario::Entry> entries_;
  Limits limits_;
  std::uint64_t seed_;
  std::vector<Order> orders_;
  bool sampled_ = false;
  Knowledge knowledge_;
  mutable std::optional<std::uint64_t> sample_judged_at_;  // the revision that the next is of
  mutable bool sample_suffices_ = true;
};

/// Statuses that servers give to the losers of a race: they may always be taken out.
[[nodiscard]] bool is_customary_refusal(int status);

/// Who was surely over before whom began, by the attempt's own times: pairs of entries.
[[nodiscard]] std::vector<std::pair<int, int>> real_time_order(const Reading& attempt);

}  // namespace oracle
