#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "oracle/match.h"
#include "oracle/order.h"
#include "oracle/pattern.h"
#include "oracle/reading.h"

namespace oracle {

/// What was learnt: the serial runs of every order, the states after resets, and the patterns that
/// are made of them.
///
/// Runs are kept, and patterns made from them when somebody asks: those of orders that were learnt
/// from since, and, as what is restless or a multiset in one order is so in every order, those that
/// rest on such a place. So one run may concern the patterns of all; mostly it concerns one.
class Knowledge {
 public:
  explicit Knowledge(const scenario::Scenario& scenario);

  /// A serial run of an order; answers stand by role. Widens the order's pattern, and nothing else.
  void learn(const Order& order, Reading run);
  /// A further run of an order, of which nothing is kept. Changes no pattern.
  void count(const Order& order) { ++known_[order].only_counted; }
  /// The state after a reset, of any run.
  void learn_reset(const Reading& run);

  /// A number that grows whenever something is learnt that may change a judgement.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  /// How many patterns were made so far.
  [[nodiscard]] std::size_t patterns_made() const { return patterns_made_; }

  // -- serial runs

  struct Known {
    std::vector<Reading> runs;
    Pattern pattern;

   private:
    friend class Knowledge;
    std::size_t only_counted = 0;       // runs beyond those
    bool stale = true;                  // learnt from since its pattern was made
    std::vector<std::string> literals;  // the parts of its constants
    bool forbids = false;               // its constants are forbidden to slots elsewhere
  };
  /// Every order that was ever run, with its pattern as it is now. Orders of single requests too.
  [[nodiscard]] const std::map<Order, Known>& all() const;
  /// The order was run.
  [[nodiscard]] const Known& known(const Order& order) const;
  [[nodiscard]] std::size_t runs_of(const Order& order) const;
  /// Constants of all patterns: what slots may not take.
  [[nodiscard]] const Forbidden& forbidden() const;
  /// Some pattern has this part of a text as a constant.
  [[nodiscard]] bool is_evidence(const std::string& part) const;

  // -- resets

  /// Where the states after resets differ in structure.
  [[nodiscard]] std::vector<Conflict> reset_conflicts() const;
  /// Enough resets were seen to tell a state that they leave, and they agree.
  [[nodiscard]] bool knows_reset_state() const;
  /// The state is one that they leave, as far as that is known.
  [[nodiscard]] bool is_reset_state(const Seen& state, const Names& names) const;
  /// A place that the scenario counts and that is not the same after every reset: then it is not
  /// of one attempt alone, and moves by what others do at the same time.
  [[nodiscard]] std::optional<std::string> shared_count() const;

 private:
  void prepare() const;
  void renew(const Order& order, Known& known) const;
  void count_evidence(const Known& known, int by) const;

  const scenario::Scenario& scenario_;
  const std::set<std::string> counted_;  // places
  std::vector<Reading> resets_;
  std::uint64_t revision_ = 0;

  // Made by prepare(), and by reset_conflicts():
  mutable std::map<Order, Known> known_;  // the runs are not
  mutable std::uint64_t prepared_ = 0;    // the revision that the patterns are of
  mutable std::size_t patterns_made_ = 0;
  mutable Multisets multisets_;
  mutable Restless restless_;
  mutable Forbidden forbidden_;
  mutable std::unordered_map<std::string, int> literals_;  // part -> how many patterns have it
  mutable std::optional<Pattern> reset_pattern_;
};

}  // namespace oracle
