#include "schedule/planner.h"

#include <algorithm>
#include <iterator>
#include <numeric>

// Where to look for a window of unknown place and width.
//
// Two handlers that are begun together need not meet: one may have more to do before it reads. With
// the lag x of b after a, and what each takes alone, nothing beyond -B and +A can overlap:
//
//   b alone is over at -B                0                    +A  a alone is over
//   |-----------------------------------|-----|---|----|------|
//            b came first                     a wrote    ▲    a came first, surely
//                                         before b read  └ the window: neither had seen the other
//
// 1. Half of the attempts are together. Wide windows are hit by these, and lose hits to large lags.
// 2. The sweep. Lags are drawn from strata that widen outwards, for windows are narrow and mostly
//    near 0: of S strata the k-th ends at (k/S)² of the reach. One side and the other in turn, from
//    the first stratum outwards. Of more than two scripts one dimension is moved after another
//    (this script against the others, the copies of that one apart), with fewer strata where the
//    planned attempts would not do for all.
// 3. Every second swept attempt follows a sign, if there is one: close to what hit; to a near miss,
//    a few times; and between two neighbouring lags of which one lets a come first and the other b,
//    for there is a lag between them at which they meet. Halving that gap finds a window at the far
//    end of a long handler in a few attempts.
//
// The gate is a dimension, too, but one that the script gives: the last step every second time,
// when all have read and nobody has written; the others in turn between. Each gate has a sweep of
// its own.
namespace schedule {
namespace {

using base::Nanoseconds;

constexpr int fewest_strata = 2, most_strata = 8;
/// A near miss that has led to nothing in so many attempts is given up.
constexpr int patience = 4;
/// Hits to remember of a region, lags of a gate: more would tell nothing new.
constexpr std::size_t most_hits = 100, most_flips = 400;
/// No server could tell lags apart that are closer than this, twice.
constexpr Nanoseconds blur = std::chrono::microseconds(50);

std::size_t at(int index) { return static_cast<std::size_t>(index); }

Nanoseconds scaled(Nanoseconds span, double factor) {
  return Nanoseconds(static_cast<std::int64_t>(static_cast<double>(span.count()) * factor));
}

Nanoseconds latest(const Schedule& schedule) {
  return schedule.offsets.empty()
             ? Nanoseconds(0)
             : *std::max_element(schedule.offsets.begin(), schedule.offsets.end());
}

bool is_together(const Schedule& schedule) { return latest(schedule) == Nanoseconds(0); }

/// The least offset becomes 0.
void begin_at_zero(std::vector<Nanoseconds>& offsets) {
  if (offsets.empty()) return;
  const Nanoseconds least = *std::min_element(offsets.begin(), offsets.end());
  for (Nanoseconds& offset : offsets) offset -= least;
}

/// Offsets within a fifth of each other.
bool alike(const Schedule& a, const Schedule& b) {
  if (a.sync != b.sync || a.hold != b.hold || a.gate != b.gate || a.connections != b.connections ||
      a.offsets.size() != b.offsets.size())
    return false;
  if (is_together(a) != is_together(b)) return false;
  // Of two requests written together, the one that is first may be what matters.
  if (is_together(a)) return a.offsets.size() > 2 || a.sequence == b.sequence;
  const Nanoseconds tolerance = std::max(scaled(std::max(latest(a), latest(b)), 0.2), blur);
  for (std::size_t i = 0; i < a.offsets.size(); ++i)
    if (std::chrono::abs(a.offsets[i] - b.offsets[i]) > tolerance) return false;
  return true;
}

std::vector<bool> others(std::vector<bool> entries) {
  entries.flip();
  return entries;
}

}  // namespace

Planner::Planner(const scenario::Scenario& scenario, std::uint64_t seed)
    : entries_(scenario::entries(scenario)), run_(scenario.run), random_(seed) {
  for (const scenario::Script& script : scenario.race) {
    steps_.push_back(std::max(1, static_cast<int>(script.steps.size())));
    gates_ = std::max(gates_, steps_.back());
  }
  dimensions_ = dimensions();
}

void Planner::learn_latency(std::vector<Alone> alone) {
  alone_ = std::move(alone);
  alone_.resize(steps_.size());
  for (Alone& script : alone_)
    for (Nanoseconds& span : script) span = std::clamp(span, Nanoseconds(0), widest_offset);
}

/// Who is moved against whom.
std::vector<Planner::Dimension> Planner::dimensions() const {
  std::vector<Dimension> all;
  const auto both_sides = [&](const std::vector<bool>& late) {
    all.emplace_back(Direction{late}, Direction{others(late)});
  };
  const auto those = [&](const auto& is_late) {
    std::vector<bool> late;
    for (const scenario::Entry& entry : entries_) late.push_back(is_late(entry));
    return late;
  };
  if (entries_.size() < 2) return all;
  if (entries_.size() == 2) {
    both_sides({false, true});
    return all;
  }
  const int scripts = static_cast<int>(steps_.size());
  for (int script = scripts == 2 ? 1 : 0; script < scripts && scripts > 1; ++script)
    both_sides(those([&](const auto& entry) { return entry.script == script; }));
  for (int script = 0; script < scripts; ++script) {
    const auto copies = those([&](const auto& entry) { return entry.script == script; });
    if (std::count(copies.begin(), copies.end(), true) < 2) continue;
    // One of them before the rest, and behind; and all in a row.
    const auto first =
        those([&](const auto& entry) { return entry.script == script && entry.copy == 0; });
    const auto rest =
        those([&](const auto& entry) { return entry.script == script && entry.copy > 0; });
    all.emplace_back(Direction{rest}, Direction{first});
    all.emplace_back(Direction{copies, true}, Direction{copies, true});
  }
  return all;
}

/// So many that each gate's sweep of all dimensions has its turn within the planned attempts, of
/// which a quarter is swept and follows no sign.
int Planner::strata() const {
  const int of_a_gate = run_.attempts / 4 / (gates_ == 1 ? 1 : 2 * (gates_ - 1));
  return std::clamp(of_a_gate / (2 * static_cast<int>(dimensions_.size())), fewest_strata,
                    most_strata);
}

Schedule Planner::next() {
  if (only_) return *only_;
  const int turn = planned_++;
  Schedule schedule{.sync = run_.sync == scenario::Sync::threads ? Sync::threads : Sync::held,
                    .hold = hold_of_turn(turn),
                    .connections = connections_of_turn(turn),
                    .gate = gate_of_turn(turn / 4),
                    .offsets = std::vector<Nanoseconds>(entries_.size()),
                    .sequence = std::vector<int>(entries_.size())};
  std::iota(schedule.sequence.begin(), schedule.sequence.end(), 0);
  random_.shuffle(schedule.sequence);
  const bool together = turn % 4 < 2 || run_.offsets == scenario::Offsets::none || alone_.empty() ||
                        dimensions_.empty();
  if (together) return schedule;
  const bool follows = turn % 8 == 2 || turn % 8 == 7;
  if (!follows || !follow(schedule)) sweep(schedule);
  return schedule;
}

/// Which byte is held, where the scenario leaves it open: turn by turn.
Hold Planner::hold_of_turn(int turn) const {
  if (run_.hold == scenario::Hold::automatic) return turn % 2 == 1 ? Hold::body : Hold::headers;
  return run_.hold == scenario::Hold::body ? Hold::body : Hold::headers;
}

/// The last gate every second time (all have read, none has written), the others in turn between.
int Planner::gate_of_turn(int turn) const {
  const int last = gates_ - 1;
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

/// The longest lag with which those who are late can still meet one who is not.
Nanoseconds Planner::reach(const Direction& direction, int gate) const {
  Nanoseconds longest{0};
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Alone& alone = alone_[at(entries_[i].script)];
    const int step = std::min(gate, steps_[at(entries_[i].script)] - 1);
    if (direction.late[i] == direction.spread && at(step) < alone.size())
      longest = std::max(longest, alone[at(step)]);
  }
  return longest;
}

/// Each cell (side and stratum) once in a pass, held by turns so that the next pass has the other.
void Planner::sweep(Schedule& schedule) {
  const int turn = swept_[schedule.gate]++;
  const int count = strata();
  const int side = turn % 2;
  const int stratum = turn / 2 % count;
  const int pass = turn / (2 * count) / static_cast<int>(dimensions_.size());
  const Dimension& dimension = dimensions_[at(turn / (2 * count)) % dimensions_.size()];
  const Direction& direction = side == 0 ? dimension.first : dimension.second;
  schedule.hold = hold_of_turn(side + stratum + pass);
  const auto edge = [count](int k) {
    const double share = static_cast<double>(k) / count;
    return share * share;
  };
  const double share = edge(stratum) + random_.unit() * (edge(stratum + 1) - edge(stratum));
  move(schedule, direction, scaled(reach(direction, schedule.gate), share));
}

void Planner::move(Schedule& schedule, const Direction& direction, Nanoseconds lag) {
  lag = std::max(lag, Nanoseconds(1));
  std::vector<std::size_t> late;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (direction.late[i]) late.push_back(i);
  if (direction.spread) random_.shuffle(late);
  for (std::size_t i = 0; i < late.size(); ++i)
    schedule.offsets[late[i]] =
        direction.spread
            ? scaled(lag, static_cast<double>(i) / static_cast<double>(late.size() - 1))
            : lag;
}

/// Goes where there is a sign. False: there is none.
bool Planner::follow(Schedule& schedule) {
  if (follow_hits(schedule)) return true;
  const int turn = followed_++;
  if (turn % 2 == 0) return follow_flip(schedule) || follow_near_misses(schedule);
  return follow_near_misses(schedule) || follow_flip(schedule);
}

/// Among those with lags, for being together is tried often enough as it is; the best three take
/// turns.
bool Planner::follow_hits(Schedule& schedule) {
  std::vector<const Region*> ranked;
  for (const Region& region : regions_)
    if (!region.hits.empty() && !is_together(region.first)) ranked.push_back(&region);
  if (ranked.empty()) return false;
  std::stable_sort(ranked.begin(), ranked.end(), [](const Region* a, const Region* b) {
    return a->hits.size() > b->hits.size();
  });
  const std::size_t turn = at(followed_++) % std::min<std::size_t>(ranked.size(), 3);
  schedule = near(ranked[turn]->middle());
  return true;
}

bool Planner::follow_near_misses(Schedule& schedule) {
  for (Region& region : regions_) {
    if (region.looks >= patience || is_together(region.first)) continue;
    ++region.looks;
    schedule = near(region.first);
    return true;
  }
  return false;
}

/// Into the widest gap between a lag at which the second came first and a longer one at which the
/// first did.
bool Planner::follow_flip(Schedule& schedule) {
  const auto heard = flips_.find(schedule.gate);
  if (heard == flips_.end()) return false;
  const auto& [second_late, first_late] = dimensions_.front();
  Flips flips = heard->second;
  flips.emplace(reach(second_late, schedule.gate), 0);  // one is over before the other begins
  flips.emplace(-reach(first_late, schedule.gate), 1);
  Nanoseconds low{0}, high{-1};
  for (auto left = flips.begin(), right = std::next(left); right != flips.end(); ++left, ++right)
    if (left->second == 1 && right->second == 0 && right->first - left->first > high - low) {
      low = left->first;
      high = right->first;
    }
  if (high < low) return false;
  if (high - low < blur) {
    low -= blur;
    high += blur;
  }
  const Nanoseconds lag = low + scaled(high - low, random_.unit());
  schedule.hold = hold_of_turn(halved_++);
  move(schedule, lag > Nanoseconds(0) ? second_late : first_late, std::chrono::abs(lag));
  return true;
}

/// The same, with each lag up to a fifth shorter or longer.
Schedule Planner::near(const Schedule& schedule) {
  Schedule moved = schedule;
  for (Nanoseconds& offset : moved.offsets)
    offset = std::min(scaled(offset, 0.8 + 0.4 * random_.unit()), widest_offset);
  begin_at_zero(moved.offsets);
  return moved;
}

Planner::Region& Planner::region_of(const Schedule& schedule) {
  const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const Region& region) {
    return alike(region.first, schedule);
  });
  if (found != regions_.end()) return *found;
  regions_.push_back({.first = schedule});
  return regions_.back();
}

void Planner::hear(const Schedule& schedule, const Sign& sign) {
  if (sign.first && entries_.size() == 2) {
    Flips& flips = flips_[schedule.gate];
    const auto [begin, end] = flips.equal_range(lag(schedule));
    const bool known =
        std::any_of(begin, end, [&](const auto& flip) { return flip.second == *sign.first; });
    if (!known && flips.size() < most_flips) flips.emplace(lag(schedule), *sign.first);
  }
  if (!sign.hit && !sign.near_miss) return;
  Region& region = region_of(schedule);
  if (!sign.hit || region.hits.size() == most_hits) return;
  const auto place =
      std::upper_bound(region.hits.begin(), region.hits.end(), schedule,
                       [](const Schedule& a, const Schedule& b) { return lag(a) < lag(b); });
  region.hits.insert(place, schedule);
}

/// nullptr where none has hit.
Planner::Region* Planner::best_region() {
  // A hit by luck must not keep a better schedule from its turn: replays that miss count against
  // it.
  const auto promise = [](const Region& region) {
    const auto hits = static_cast<int>(region.hits.size());
    return (hits + 1.0) / (std::max(hits, region.replays) + 2.0);
  };
  Region* best = nullptr;
  for (Region& region : regions_)
    if (!region.hits.empty() && (best == nullptr || promise(region) > promise(*best)))
      best = &region;
  return best;
}

Schedule Planner::replay() {
  if (only_) return *only_;
  Region* best = best_region();
  if (best == nullptr) return next();
  ++best->replays;
  return best->middle();
}

Schedule Planner::around_hits() {
  const Region* best = best_region();
  if (only_ || best == nullptr || entries_.size() != 2) return replay();
  Schedule schedule = best->middle();
  Nanoseconds least = lag(schedule), most = least;
  for (const Region& region : regions_) {
    if (region.hits.empty() || region.first.gate != schedule.gate) continue;
    least = std::min(least, lag(region.hits.front()));
    most = std::max(most, lag(region.hits.back()));
  }
  const Nanoseconds farthest = std::max(std::chrono::abs(least), std::chrono::abs(most));
  const Nanoseconds beyond = std::max({(most - least) / 2, farthest / 10, 2 * blur});
  const Nanoseconds lag = least - beyond + scaled(most - least + 2 * beyond, random_.unit());
  schedule.hold = hold_of_turn(followed_++);
  schedule.offsets = {Nanoseconds(0), Nanoseconds(0)};
  schedule.offsets[lag > Nanoseconds(0) ? 1 : 0] = std::min(std::chrono::abs(lag), widest_offset);
  return schedule;
}

}  // namespace schedule
