#pragma once

#include <deque>

#include "base/clock.h"
#include "client/line.h"
#include "outcome/outcome.h"
#include "race/lane.h"
#include "race/part.h"
#include "race/round.h"

namespace race {

/// The parts that are played in one round, or in two that race each other. What they need of the
/// lane they are given here, and give back here.
class Cast {
 public:
  /// Borrows the lane.
  explicit Cast(Lane& lane) : lane_(lane) {}

  /// The part of an entry, by its index: on a kept line where there is one, and at the gate on
  /// `shared`, unless that is nullptr. Stays where it is.
  Part& add(int entry, const Round& round, client::Line* shared = nullptr);

  [[nodiscard]] std::deque<Part>& parts() { return parts_; }
  /// One of the parts says why the scenario cannot be played.
  [[nodiscard]] bool failed() const;
  /// By a server that had seemed to keep its connection.
  [[nodiscard]] bool hung_up_on() const { return hung_up_on_; }

  /// The line of a part that is finished is free for the next.
  void return_line(Part& part);
  /// A script that timed out may still land: waits for that, once for all of the cast.
  void wait_for_landing(base::Nanoseconds timeout);
  /// Answers, failures and lines of parts that were played; waits for stragglers.
  void collect(outcome::Outcome& outcome);

 private:
  Lane& lane_;
  std::deque<Part> parts_;
  bool waited_for_landing_ = false;
  bool hung_up_on_ = false;
};

}  // namespace race
