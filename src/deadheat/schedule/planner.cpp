#include <algorithm>
#include <numeric>

#include "schedule/schedule.h"

// The sweep. With L the longest solo latency, capped, lags are drawn from strata that widen
// outwards, because windows are narrow and mostly near 0:
//
//   -L                    0                    +L        one entry later  |  the other later
//   |    4    |   3  | 2 |1|1| 2 |   3  |   4    |       (8 strata a side in the code)
//
// Stratum 1 on one side, then on the other, then 2, and so on; then again from 1. Within its
// stratum a lag is uniform.
namespace schedule {
namespace {

using base::Nanoseconds;

constexpr int strata = 8;

/// Where stratum `k` begins, as a part of the whole.
double edge(int k) {
  const double share = static_cast<double>(k) / strata;
  return share * share;
}

Nanoseconds scaled(Nanoseconds span, double factor) {
  return Nanoseconds(static_cast<std::int64_t>(static_cast<double>(span.count()) * factor));
}

Nanoseconds latest(const Schedule& schedule) {
  return schedule.offsets.empty()
             ? Nanoseconds(0)
             : *std::max_element(schedule.offsets.begin(), schedule.offsets.end());
}

/// The least offset becomes 0.
void begin_at_zero(std::vector<Nanoseconds>& offsets) {
  if (offsets.empty()) return;
  const Nanoseconds least = *std::min_element(offsets.begin(), offsets.end());
  for (Nanoseconds& offset : offsets) offset -= least;
}

/// Offsets within a fifth of each other, or 50 µs: no server could tell them apart twice.
bool alike(const Schedule& a, const Schedule& b) {
  if (a.sync != b.sync || a.hold != b.hold || a.gate != b.gate || a.connections != b.connections ||
      a.offsets.size() != b.offsets.size())
    return false;
  const bool together = latest(a) == Nanoseconds(0) && latest(b) == Nanoseconds(0);
  // Of two requests written together, the one that is first may be what matters.
  if (together) return a.offsets.size() > 2 || a.sequence == b.sequence;
  const Nanoseconds tolerance =
      std::max(scaled(std::max(latest(a), latest(b)), 0.2), Nanoseconds(50'000));
  if ((latest(a) == Nanoseconds(0)) != (latest(b) == Nanoseconds(0))) return false;
  for (std::size_t i = 0; i < a.offsets.size(); ++i)
    if (std::chrono::abs(a.offsets[i] - b.offsets[i]) > tolerance) return false;
  return true;
}

}  // namespace

Planner::Planner(const scenario::Scenario& scenario, std::uint64_t seed)
    : entries_(scenario::entries(scenario)), run_(scenario.run), random_(seed) {
  for (const scenario::Script& script : scenario.race)
    steps_ = std::max(steps_, static_cast<int>(script.steps.size()));
}

void Planner::learn_latency(Nanoseconds longest) {
  longest_ = std::clamp(longest, Nanoseconds(0), widest_offset);
}

Schedule Planner::next() {
  const int turn = planned_++;
  Schedule schedule;
  schedule.sync = run_.sync == scenario::Sync::threads ? Sync::threads : Sync::held;
  const bool at_body =
      run_.hold == scenario::Hold::automatic ? turn % 2 == 1 : run_.hold == scenario::Hold::body;
  schedule.hold = at_body ? Hold::body : Hold::headers;
  schedule.gate = gate_of_turn(turn / 4);
  schedule.connections = connections_of_turn(turn);
  schedule.offsets.assign(entries_.size(), Nanoseconds(0));
  schedule.sequence.resize(entries_.size());
  std::iota(schedule.sequence.begin(), schedule.sequence.end(), 0);
  random_.shuffle(schedule.sequence);
  const bool together = turn % 4 < 2 || run_.offsets == scenario::Offsets::none ||
                        longest_ <= Nanoseconds(0) || entries_.size() < 2;
  if (together) return schedule;
  // Turns 2 and 6 of eight look near what was interesting, if anything was.
  if (turn % 8 == 2 || turn % 8 == 7)
    if (Region* region = busiest_region()) return near(region->schedule);
  schedule.offsets = swept_offsets();
  return schedule;
}

/// The last gate every second time (all have read, none has written), the others in turn between.
int Planner::gate_of_turn(int turn) const {
  const int last = steps_ - 1;
  if (last == 0 || turn % 2 == 0) return last;
  return last - 1 - (turn / 2) % last;
}

/// One connection may be one worker, and many may be many machines: neither is better everywhere.
Connections Planner::connections_of_turn(int turn) const {
  using Asked = scenario::Connections;
  const bool shared = run_.connections == Asked::automatic ? (turn / 8) % 2 == 0
                                                           : run_.connections == Asked::shared;
  const bool can_share = multiplexes_ && run_.sync != scenario::Sync::threads;
  return can_share && shared ? Connections::shared : Connections::own;
}

std::vector<Nanoseconds> Planner::swept_offsets() {
  const int turn = swept_++;
  const int stratum = (turn / 2) % strata;
  const double low = edge(stratum);
  const double share = low + random_.unit() * (edge(stratum + 1) - low);
  return late_by(std::max(scaled(longest_, share), Nanoseconds(1)), turn);
}

/// Some entries wait for `lag`, in the next turn those that did not. Of more than two, every second
/// sweep spreads them over `lag` instead.
std::vector<Nanoseconds> Planner::late_by(Nanoseconds lag, int turn) {
  std::vector<Nanoseconds> offsets(entries_.size(), Nanoseconds(0));
  const bool spread = entries_.size() > 2 && (turn / (2 * strata)) % 2 == 1;
  if (spread) {
    for (Nanoseconds& offset : offsets) offset = scaled(lag, random_.unit());
    offsets[random_.below(offsets.size())] = lag;
    begin_at_zero(offsets);
    return offsets;
  }
  if (turn % 2 == 1 && late_.size() == entries_.size()) {
    late_.flip();
  } else {
    late_.assign(entries_.size(), false);
    if (entries_.size() == 2) {
      late_[1] = true;
    } else {
      // At least one is late and at least one is not.
      const std::size_t late = random_.below(entries_.size());
      const std::size_t early = (late + 1 + random_.below(entries_.size() - 1)) % entries_.size();
      for (std::size_t i = 0; i < late_.size(); ++i)
        late_[i] = i == late || (i != early && random_.below(2) == 1);
    }
  }
  for (std::size_t i = 0; i < offsets.size(); ++i)
    if (late_[i]) offsets[i] = lag;
  return offsets;
}

/// Among those with offsets: being together is tried often enough as it is. Hits first, then near
/// misses; the best three take turns.
Planner::Region* Planner::busiest_region() {
  std::vector<Region*> ranked;
  for (Region& region : regions_)
    if (latest(region.schedule) > Nanoseconds(0)) ranked.push_back(&region);
  if (ranked.empty()) return nullptr;
  std::stable_sort(ranked.begin(), ranked.end(), [](const Region* a, const Region* b) {
    return std::pair(a->hits, a->near_misses) > std::pair(b->hits, b->near_misses);
  });
  return ranked[static_cast<std::size_t>(drawn_++) % std::min<std::size_t>(ranked.size(), 3)];
}

/// The same, with each lag up to a fifth shorter or longer.
Schedule Planner::near(const Schedule& schedule) {
  Schedule moved = schedule;
  for (Nanoseconds& offset : moved.offsets)
    offset = std::min(scaled(offset, 0.8 + 0.4 * random_.unit()), widest_offset);
  begin_at_zero(moved.offsets);
  return moved;
}

void Planner::interesting(const Schedule& schedule, bool hit) {
  auto found = std::find_if(regions_.begin(), regions_.end(),
                            [&](const Region& region) { return alike(region.schedule, schedule); });
  if (found == regions_.end()) found = regions_.insert(regions_.end(), Region{schedule});
  // What is replayed is a schedule that did hit, not its neighbour that nearly did.
  if (hit && found->hits == 0) found->schedule = schedule;
  (hit ? found->hits : found->near_misses) += 1;
}

Schedule Planner::replay() {
  // A hit by luck must not keep a better schedule from its turn: replays that miss count against
  // it.
  const auto promise = [](const Region& region) {
    return (region.hits + 1.0) / (std::max(region.hits, region.replays) + 2.0);
  };
  Region* best = nullptr;
  for (Region& region : regions_)
    if (region.hits > 0 && (best == nullptr || promise(region) > promise(*best))) best = &region;
  if (best == nullptr) return next();
  ++best->replays;
  return best->schedule;
}

}  // namespace schedule
