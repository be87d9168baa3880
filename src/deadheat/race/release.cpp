#include "race/release.h"

#include <algorithm>
#include <barrier>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "race/ensemble.h"

namespace race {
namespace {

using base::Nanoseconds;
using client::Gate;

/// Between the last of the preparations and the release the thread is awake: from a sleep it comes
/// back to a core that is cold, and the first requests would leave apart.
constexpr Nanoseconds warm_up = std::chrono::microseconds(50);
/// Gates of several lanes open one at a time where that takes at most so long.
constexpr Nanoseconds longest_opening = std::chrono::milliseconds(1);

Gate as_gate(schedule::Hold hold) {
  return hold == schedule::Hold::headers ? Gate::headers : Gate::body;
}

/// By rising offsets, and by the sequence where these are equal.
std::vector<Ensemble::Release> releases_of(const schedule::Schedule& schedule,
                                           const std::vector<Part*>& parts) {
  std::vector<Ensemble::Release> releases;
  for (const int entry : schedule.sequence)
    releases.push_back({.part = parts.at(static_cast<std::size_t>(entry)),
                        .due = schedule.offsets.at(static_cast<std::size_t>(entry))});
  std::stable_sort(
      releases.begin(), releases.end(),
      [](const Ensemble::Release& a, const Ensemble::Release& b) { return a.due < b.due; });
  return releases;
}

Nanoseconds release_held(Lane& lane, Cast& cast, const schedule::Schedule& schedule) {
  Course& course = lane.course;
  std::vector<Part*> parts;
  for (Part& part : cast.parts()) parts.push_back(&part);
  Ensemble ensemble(lane.client.context(), parts);
  ensemble.bring_to_gate(schedule.gate, as_gate(schedule.hold));
  if (cast.failed() || course.stop) return Nanoseconds(0);

  std::vector<Ensemble::Release> releases = releases_of(schedule, parts);
  ensemble.make_ready(releases);
  // What another lane lets go would come in between. Where offsets take longer, it does not matter.
  std::unique_lock alone(course.opening, std::defer_lock);
  if (releases.back().due <= longest_opening) alone.lock();
  const Nanoseconds opened = course.clock.now() + warm_up;
  for (Ensemble::Release& release : releases) release.due += opened;
  ensemble.release(releases);
  if (alone.owns_lock()) alone.unlock();
  ensemble.play_out();
  return opened;
}

Nanoseconds release_by_threads(Lane& lane, Cast& cast, const schedule::Schedule& schedule) {
  std::deque<Part>& parts = cast.parts();
  Nanoseconds opened{0};
  const auto open_gate = [&opened, &clock = lane.course.clock]() noexcept { opened = clock.now(); };
  std::barrier gate(static_cast<std::ptrdiff_t>(parts.size()), open_gate);
  std::vector<std::exception_ptr> errors(parts.size());
  std::vector<std::thread> threads;
  const auto play = [&](std::size_t i) {
    Part& part = parts[i];
    Ensemble alone(lane.client.context(), {&part});
    bool arrived = false;
    try {
      alone.bring_to_gate(schedule.gate, Gate::unsent);
      arrived = true;
      if (Ensemble::waits(part)) {
        gate.arrive_and_wait();
        alone.release({{.part = &part, .due = opened + schedule.offsets.at(i)}});
      } else {
        gate.arrive_and_drop();
      }
      alone.play_out();
    } catch (...) {
      errors[i] = std::current_exception();
      if (!arrived) gate.arrive_and_drop();
    }
  };
  for (std::size_t i = 0; i < parts.size(); ++i) threads.emplace_back(play, i);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  return opened;
}

}  // namespace

Nanoseconds release(Lane& lane, Cast& cast, const schedule::Schedule& schedule) {
  return schedule.sync == schedule::Sync::held ? release_held(lane, cast, schedule)
                                               : release_by_threads(lane, cast, schedule);
}

}  // namespace race
