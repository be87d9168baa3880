#include "trial/play_testing.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/require.h"

namespace simulated {

Course play(trial::Trial& trial, Stage& stage, const scenario::Scenario& scenario, Nanoseconds now,
            int interrupt_at) {
  // A job ends within a few timeouts of 30 s each; the budget is looked at between jobs.
  const Nanoseconds latest = now + scenario.run.budget + std::chrono::minutes(10);
  constexpr int most_turns = 200'000;
  Course course{.now = now};
  std::multimap<Nanoseconds, trial::Done> in_flight;  // by their ends
  for (;; ++course.turns) {
    if (interrupt_at > 0 && course.turns == interrupt_at) {
      course.interrupted = true;
      trial.interrupt();
    }
    trial::Next next = trial.next(course.now);
    if (std::holds_alternative<trial::Over>(next)) return course;
    if (auto* job = std::get_if<trial::Job>(&next)) {
      ++course.jobs;
      Played played = stage.play(scenario, *job, course.now, static_cast<int>(in_flight.size()));
      in_flight.emplace(played.ends, std::move(played.done));
      course.most_beside = std::max(course.most_beside, static_cast<int>(in_flight.size()));
      base::require(course.most_beside <= trial.lanes(), "every job in flight has a lane");
      continue;
    }
    const Nanoseconds until = std::get<trial::Wait>(next).until;
    if (!in_flight.empty() && in_flight.begin()->first <= until) {
      auto first = in_flight.extract(in_flight.begin());
      course.now = std::max(course.now, first.key());
      trial.hear(std::move(first.mapped()), course.now);
    } else if (until > course.now) {
      course.now = until;
    } else {
      course.hung = true;
    }
    if (course.hung || course.now > latest || course.turns > most_turns) {
      course.hung = true;
      return course;
    }
  }
}

}  // namespace simulated
