#pragma once

#include "client/session.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "race/lane.h"

namespace race {

/// What stands around whatever is played: the reset and the read of the state before it; settling,
/// the read of the state after it, and the cleanup. One round gives one outcome.
class Round {
 public:
  /// Calls to sinks belong to what is judged; pairs and probes are not.
  enum class Judged { no, yes };

  /// Begins. Borrows the lane and the pace. What fails from here on is the outcome's failure.
  Round(Lane& lane, const outcome::Pace& pace, Judged judged = Judged::yes);
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  /// A request of the scenario's beside what is played, with what this round has captured.
  [[nodiscard]] base::Result<json::value, outcome::Failure> ask(const scenario::Request& request,
                                                                const client::Errand& errand) {
    return lane_.client.ask(request, outcome_.bindings, sessions_, errand);
  }

  /// Settles, observes, cleans up.
  [[nodiscard]] outcome::Outcome close();
  /// Cleans up, where the state after it matters to nobody.
  void end();

  [[nodiscard]] bool failed() const { return outcome_.failure.has_value(); }
  [[nodiscard]] outcome::Outcome& outcome() { return outcome_; }
  [[nodiscard]] const outcome::Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const outcome::Pace& pace() const { return pace_; }
  /// Of those actors that the steps of an entry name.
  [[nodiscard]] client::Sessions sessions_of(const scenario::Entry& entry) const;

 private:
  void reset_and_observe();

  Lane& lane_;
  const outcome::Pace& pace_;
  client::Sessions sessions_;
  outcome::Outcome outcome_;
};

}  // namespace race
