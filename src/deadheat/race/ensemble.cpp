#include "race/ensemble.h"

#include <algorithm>
#include <utility>

namespace race {
namespace {

using base::Nanoseconds;

int gate_of(const Part& part, int step) {
  return std::min(step, static_cast<int>(part.script().steps.size()) - 1);
}

}  // namespace

Ensemble::Ensemble(const Course& course, std::vector<Part*> parts)
    : course_(course), parts_(std::move(parts)) {
  exchanges_.reserve(parts_.size());
  polled_.reserve(parts_.size());
}

bool Ensemble::waits(Part& part) { return part.exchange() != nullptr && part.exchange()->held(); }

void Ensemble::list_exchanges() {
  exchanges_.clear();
  for (Part* part : parts_)
    if (Exchange* exchange = part->exchange()) exchanges_.push_back(exchange);
}

void Ensemble::attend_until(Nanoseconds deadline) {
  list_exchanges();
  attend(exchanges_, polled_,
         {.clock = course_.clock, .deadline = deadline, .stop = &course_.stop});
}

/// One round of everything that can be done without waiting. True once nobody is on the way.
bool Ensemble::hold_all(int step, Gate gate) {
  bool on_the_way = false;
  for (Part* part : parts_) {
    const int stop_at = gate_of(*part, step);
    if (part->exchange() != nullptr && part->exchange()->finished()) part->conclude_step();
    if (part->exchange() == nullptr && !part->finished())
      part->begin_step(part->step() == stop_at ? gate : Gate::none);
    on_the_way = on_the_way || (!part->finished() && part->step() <= stop_at && !waits(*part));
  }
  return !on_the_way;
}

void Ensemble::bring_to_gate(int step, Gate gate) {
  Nanoseconds landed = Nanoseconds::max();
  for (;;) {
    // Somebody may leave the gate again: its connection was closed and it has to come by another.
    const bool all_held = hold_all(step, gate);
    const Nanoseconds now = course_.clock.now();
    if (!all_held)
      landed = Nanoseconds::max();
    else if (landed == Nanoseconds::max())
      landed = now + landing_time;
    if (now >= landed) return;
    attend_until(landed);
  }
}

void Ensemble::release(const std::vector<Release>& releases) {
  list_exchanges();
  for (const Release& next : releases) {
    while (course_.clock.now() + watch_time < next.due && !course_.stop) {
      attend_until(next.due - watch_time);
      for (Part* part : parts_) part->go_on();
      list_exchanges();
    }
    watch(exchanges_, polled_,
          {.clock = course_.clock, .deadline = next.due, .stop = &course_.stop});
    if (course_.stop) return;
    if (Exchange* exchange = next.part->exchange()) exchange->release();
  }
}

void Ensemble::play_out() {
  for (;;) {
    for (Part* part : parts_) part->go_on();
    if (std::all_of(parts_.begin(), parts_.end(), [](Part* part) { return part->finished(); }))
      return;
    attend_until(Nanoseconds::max());
  }
}

void Ensemble::play_step() {
  for (Part* part : parts_)
    if (part->exchange() == nullptr && !part->finished()) part->begin_step(Gate::none);
  const auto under_way = [](Part* part) {
    if (part->exchange() != nullptr && part->exchange()->finished()) part->conclude_step();
    return part->exchange() != nullptr;
  };
  while (std::count_if(parts_.begin(), parts_.end(), under_way) > 0)
    attend_until(Nanoseconds::max());
}

}  // namespace race
