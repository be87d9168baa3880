#pragma once

#include <cstddef>

/// The sequential test of an accusation: may a value that flips by itself be the reason?
namespace oracle {

/// Of `attempts`, `hits` contradict; of `serial` fresh serial runs `odd` came out otherwise than
/// their order did before. True when a value that flips by itself is that unlikely to be the
/// reason: 1 %, or 0.1 % where it hit less than every second attempt; with at least two hits, 20
/// serial runs, and three for every attempt.
[[nodiscard]] bool is_proven(int hits, int attempts, int serial, int odd = 0);

/// How many fresh serial runs that many attempts need.
[[nodiscard]] int serial_runs_wanted(int attempts);

/// So many of the fresh serial runs have a pause between the scripts, at least: one of each
/// suspected order, as far as they are few.
[[nodiscard]] int paused_runs_wanted(std::size_t suspects);

}  // namespace oracle
