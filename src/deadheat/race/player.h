#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "expression/expression.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "race/session.h"
#include "scenario/scenario.h"
#include "schedule/schedule.h"
#include "sink/sinks.h"

/// Plays attempts and serial runs against the target.
namespace race {

/// What all lanes of a run share. Borrowed by players; outlives them.
struct Course {
  const scenario::Scenario& scenario;
  expression::Evaluate evaluate;
  const base::Clock& clock;
  std::string run;                   // {{$run}} and the X-Deadheat header
  json::object bindings;             // what `setup` captured
  Sessions sessions = {};            // as `login` and `setup` left them
  std::atomic<int> next_attempt{0};  // {{$attempt}}, from 1: never the same twice in a run
  std::atomic<bool> stop{false};     // interrupted: waits end within 50 ms, what is in flight is
                                     // given up, and every outcome from then on is a failure
  std::mutex opening{};              // held while a gate opens: one at a time
  sink::Sinks* sinks = nullptr;      // where the scenario has some
};

using outcome::Pace;
using outcome::Pair;

/// One lane: plays one thing at a time, on connections of its own, which it keeps warm. One thread
/// each.
///
/// An exchange that fails in the race is data: a step with status 0 and the cause, after which its
/// script goes no further. It is never repeated. Outside the race a request is repeated only if the
/// server hung up on a kept connection and it is safe or had not left; anything else there that
/// fails, and a script without a connection for its first bytes, is Outcome::failure. A capture in
/// the race that finds nothing lets its script stop before the step that needs it; a `stop_unless`
/// that cannot be computed is false. Answers are limited by http::ReadLimits.
class Player {
 public:
  Player(Course& course, int lane);
  ~Player();

  /// `setup` and `teardown` of the scenario; setup's captures, and the sessions of all actors, go
  /// to the course. An actor logs in before its first request in setup, or else after it.
  [[nodiscard]] std::optional<outcome::Failure> set_up();
  void tear_down();

  /// The target has spoken HTTP/2: requests can share a connection.
  [[nodiscard]] bool multiplexes() const;
  /// The targets that were asked have left a connection open after the last answer.
  [[nodiscard]] bool keeps_alive() const;

  /// Reset, observe, play the entries by turns, settle, observe, clean up. A script that does not
  /// stop plays all its steps. Answers stand in the order of the entries' first turns; entries
  /// without a turn have none. Played anew, from a new reset, if the server hung up on a kept
  /// connection, and counted in Outcome::played_anew.
  [[nodiscard]] outcome::Outcome serial(const schedule::Sequence& sequence, const Pace& pace);

  /// Reset, observe, bring every script to its gate, hold, release by the schedule, collect,
  /// settle, observe, clean up. One answer for each entry, in their order.
  [[nodiscard]] outcome::Outcome attempt(const schedule::Schedule& schedule, const Pace& pace);

  /// Nothing raced: the state after a reset.
  [[nodiscard]] outcome::Outcome reset_only(const Pace& pace);

  /// The state once more, of what an attempt was played on: `bindings` are those of its outcome.
  /// Only while no cleanup and no other reset has touched it.
  [[nodiscard]] base::Result<outcome::State, outcome::Failure> look(const json::object& bindings,
                                                                    const Pace& pace);

  /// Races two entries on two different resets. nullopt if the target failed.
  [[nodiscard]] std::optional<Pair> pair(int first, int second, const Pace& pace);

  /// Holds one request back, in its body if any has one, and reads on another connection meanwhile.
  /// True: the read was answered, so more than one connection is served at a time; false: not
  /// within `patience`; nullopt: there is no read to make.
  [[nodiscard]] std::optional<bool> serves_two_connections(base::Nanoseconds patience);

 private:
  class Lane;
  std::unique_ptr<Lane> lane_;
};

}  // namespace race
