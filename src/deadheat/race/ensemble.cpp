#include "race/ensemble.h"

#include <algorithm>
#include <utility>

namespace race {
namespace {

using base::Nanoseconds;
using client::Context;
using client::Exchange;
using client::Gate;

/// Behind those that are due when the first is.
template <class Iterator>
Iterator end_of_turn(Iterator first, Iterator last) {
  return std::find_if(first, last,
                      [due = first->due](const auto& next) { return next.due != due; });
}

int gate_of(const Part& part, int step) {
  return std::min(step, static_cast<int>(part.script().steps.size()) - 1);
}

}  // namespace

Ensemble::Ensemble(const Context& context, std::vector<Part*> parts)
    : context_(context), parts_(std::move(parts)) {
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
  client::attend(exchanges_, polled_, context_.until(deadline));
}

/// One round of everything that can be done without waiting. True once nobody is on the way.
bool Ensemble::hold_all(int step, Gate gate) {
  for (Part* part : parts_)
    if (part->exchange() != nullptr && part->exchange()->finished()) part->conclude_step();
  // Nothing of a held request is sent before all have come so far: half a request may occupy the
  // only worker, and the others would never come.
  const bool all_here = std::all_of(parts_.begin(), parts_.end(), [step](Part* part) {
    return part->finished() || part->step() >= gate_of(*part, step);
  });
  bool on_the_way = false;
  for (Part* part : parts_) {
    const int stop_at = gate_of(*part, step);
    const bool idle = part->exchange() == nullptr && !part->finished();
    if (idle && (part->step() != stop_at || all_here))
      part->begin_step(part->step() == stop_at ? gate : Gate::none);
    on_the_way = on_the_way || (!part->finished() && part->step() <= stop_at && !waits(*part));
  }
  return !on_the_way;
}

/// All but some without a connection wait at the gate. Threads know only of themselves.
bool Ensemble::only_connections_lack(Gate gate) const {
  const auto waits_or_connects = [](Part* part) {
    return part->finished() || waits(*part) ||
           (part->exchange() != nullptr && part->exchange()->connecting());
  };
  const bool someone_waits =
      std::any_of(parts_.begin(), parts_.end(), [](Part* part) { return waits(*part); });
  return (someone_waits || gate == Gate::unsent) &&
         std::all_of(parts_.begin(), parts_.end(), waits_or_connects);
}

void Ensemble::bring_to_gate(int step, Gate gate) {
  Nanoseconds landed = Nanoseconds::max();
  Nanoseconds patience = Nanoseconds::max();  // with those that have no connection
  for (;;) {
    // Somebody may leave the gate again: its connection was closed and it has to come by another.
    const bool all_held = hold_all(step, gate);
    const bool lacking = !all_held && only_connections_lack(gate);
    const Nanoseconds now = context_.clock.now();
    const auto begin_or_end = [now](bool begin, Nanoseconds& end, Nanoseconds time) {
      if (!begin)
        end = Nanoseconds::max();
      else if (end == Nanoseconds::max())
        end = now + time;
    };
    begin_or_end(all_held, landed, landing_time);
    begin_or_end(lacking, patience, connect_patience);
    if (now >= landed || now >= patience) return;
    attend_until(std::min(landed, patience));
  }
}

void Ensemble::make_ready(const std::vector<Release>& releases) {
  const bool burst_begins = releases.front().due > burst_ends_;
  if (burst_begins) burst_ends_ = releases.front().due + burst_time;
  for (auto turn = releases.begin(); turn != releases.end();) {
    const auto next = end_of_turn(turn, releases.end());
    for (auto each = turn; each != next; ++each)
      if (Exchange* exchange = each->part->exchange()) exchange->make_ready();
    for (auto each = turn; each != next; ++each)
      if (Exchange* exchange = each->part->exchange()) exchange->seal();
    turn = next;
    if (!burst_begins || turn == releases.end() || turn->due > burst_ends_) return;
  }
}

void Ensemble::release(const std::vector<Release>& releases) {
  list_exchanges();
  std::vector<Release> left = releases;
  while (!left.empty()) {
    const Nanoseconds due = left.front().due;
    while (context_.clock.now() + watch_time < due && !context_.stop) {
      attend_until(due - watch_time);
      for (Part* part : parts_) part->go_on();
      list_exchanges();
    }
    make_ready(left);
    client::watch(exchanges_, polled_, context_.until(due));
    if (context_.stop) return;
    const auto end = end_of_turn(left.begin(), left.end());
    for (auto next = left.begin(); next != end; ++next)
      if (Exchange* exchange = next->part->exchange()) exchange->release();
    left.erase(left.begin(), end);
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
