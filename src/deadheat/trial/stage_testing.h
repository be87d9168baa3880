#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/random.h"
#include "trial/job.h"
#include "trial/target_testing.h"

namespace simulated {

/// What came of a job, and when.
struct Played {
  trial::Done done;
  Nanoseconds ends{0};
};

/// Whose atomic steps took effect in an attempt, in turn: entries of the server.
struct Taken {
  std::vector<int> turns;
  bool whole = true;  // every request was worked on to its end, and by nothing but these steps
};

/// Plays jobs on a target in simulated time, and gives back what race::Player would: a discrete
/// event simulation of clients, network and server, in nanoseconds, from a seed. Each job has a
/// resource of its own, as each reset makes one; what jobs share are the ids that the server draws.
/// So a job is played to its end when it begins, and its result kept until then.
class Stage {
 public:
  Stage(const Target& target, const Faults& faults, std::uint64_t seed);

  /// A job of this scenario, which is that of the target or has a part of its scripts. `beside`:
  /// jobs in flight.
  [[nodiscard]] Played play(const scenario::Scenario& scenario, const trial::Job& job,
                            Nanoseconds now, int beside);

  /// Of an attempt or serial run, by Outcome::number.
  [[nodiscard]] const Taken& taken(int number) const { return taken_.at(number); }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  class Play;

  const Target& target_;
  const Faults& faults_;
  base::Random random_;
  simulation::Noise noise_;
  int attempts_ = 0;
  int resets_ = 0;
  int requests_ = 0;
  std::map<int, std::shared_ptr<class Resource>> resources_;  // by Outcome::number
  std::map<int, Taken> taken_;
  json::value kept_;  // of Target::keeps
};

/// The scenario of a target, as its author would write it.
[[nodiscard]] scenario::Scenario scenario_of(const Target& target);

}  // namespace simulated
