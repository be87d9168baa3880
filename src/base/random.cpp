#include "base/random.h"

#include <bit>
#include <random>

#include "base/require.h"

namespace base {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) : state_() {
  for (auto& word : state_) word = splitmix(seed);
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  require(bound > 0, "a bound is positive");
  // Values below 2^64 mod bound would make small results likelier; draw again.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;)
    if (const std::uint64_t drawn = next(); drawn >= threshold) return drawn % bound;
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::uuid() {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  for (char& c : text) {
    if (c == 'x') c = digits[below(16)];
    if (c == 'y') c = digits[8 + below(4)];
  }
  return text;
}

std::uint64_t fresh_seed() {
  std::random_device device;
  // Short enough to be read aloud and typed.
  return device() % 1'000'000;
}

}  // namespace base
