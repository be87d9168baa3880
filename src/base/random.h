#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace base {

/// Seeded randomness, the same on every platform (the distributions of <random> are not).
/// xoshiro256** by Blackman and Vigna, seeded by splitmix64. Not for secrets. One thread at a time.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  [[nodiscard]] double unit();
  /// A version 4 UUID, in lower case.
  [[nodiscard]] std::string uuid();

  template <class Sequence>
  void shuffle(Sequence& sequence) {
    for (std::size_t i = sequence.size(); i > 1; --i)
      std::swap(sequence[i - 1], sequence[static_cast<std::size_t>(below(i))]);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

/// A seed that differs from run to run, for users who gave none. Reports print it.
[[nodiscard]] std::uint64_t fresh_seed();

}  // namespace base
