#pragma once

#include <optional>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "race/course.h"
#include "race/lane.h"
#include "schedule/schedule.h"

/// Plays attempts and serial runs against the target.
namespace race {

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
  /// Borrows the course.
  Player(Course& course, int lane) : lane_(course, lane) {}

  /// `setup` and `teardown` of the scenario; setup's captures, and the sessions of all actors, go
  /// to the course. An actor logs in before its first request in setup, or else after it.
  [[nodiscard]] std::optional<outcome::Failure> set_up();
  void tear_down();

  /// The target has spoken HTTP/2: requests can share a connection.
  [[nodiscard]] bool multiplexes() const { return lane_.client.pool().multiplexes(); }
  /// The targets that were asked have left a connection open after the last answer.
  [[nodiscard]] bool keeps_alive() const { return lane_.client.pool().keeps_alive(); }

  /// Reset, observe, play the entries by turns, settle, observe, clean up. A script that does not
  /// stop plays all its steps. Answers stand in the order of the entries' first turns; entries
  /// without a turn have none. Played anew, from a new reset, if the server hung up on a kept
  /// connection, and counted in Outcome::played_anew.
  [[nodiscard]] outcome::Outcome serial(const schedule::Sequence& sequence,
                                        const outcome::Pace& pace);

  /// Reset, observe, bring every script to its gate, hold, release by the schedule, collect,
  /// settle, observe, clean up. One answer for each entry, in their order.
  [[nodiscard]] outcome::Outcome attempt(const schedule::Schedule& schedule,
                                         const outcome::Pace& pace);

  /// Nothing raced: the state after a reset.
  [[nodiscard]] outcome::Outcome reset_only(const outcome::Pace& pace);

  /// The state once more, of what an attempt was played on: `bindings` are those of its outcome.
  /// Only while no cleanup and no other reset has touched it.
  [[nodiscard]] base::Result<outcome::State, outcome::Failure> look(const json::object& bindings,
                                                                    const outcome::Pace& pace);

  /// Races two entries on two different resets. nullopt if the target failed.
  [[nodiscard]] std::optional<outcome::Pair> pair(int first, int second, const outcome::Pace& pace);

  /// Holds one request back, in its body if any has one, and reads on another connection meanwhile.
  /// True: the read was answered, so more than one connection is served at a time; false: not
  /// within `patience`; nullopt: there is no read to make.
  [[nodiscard]] std::optional<bool> serves_two_connections(base::Nanoseconds patience);

 private:
  Lane lane_;
};

}  // namespace race
