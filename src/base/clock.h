#pragma once

#include <chrono>
#include <cstdint>

namespace base {

using Nanoseconds = std::chrono::nanoseconds;

/// Where code takes the time from. Passed in, so that tests can advance it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic, from an arbitrary origin. For intervals.
  [[nodiscard]] virtual Nanoseconds now() const = 0;
  /// Since 1970-01-01T00:00:00Z. For stamps that people or servers read; it may jump.
  [[nodiscard]] virtual Nanoseconds wall() const = 0;
};

/// The machine's own clocks. Safe on any thread.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Nanoseconds now() const override;
  [[nodiscard]] Nanoseconds wall() const override;
};

/// Stands still until told otherwise. For tests.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] Nanoseconds now() const override { return now_; }
  [[nodiscard]] Nanoseconds wall() const override { return wall_; }
  void advance(Nanoseconds step) {
    now_ += step;
    wall_ += step;
  }
  void set_wall(Nanoseconds wall) { wall_ = wall; }

 private:
  Nanoseconds now_{0};
  Nanoseconds wall_{0};
};

[[nodiscard]] constexpr double in_seconds(Nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}
[[nodiscard]] constexpr double in_milliseconds(Nanoseconds span) { return in_seconds(span) * 1e3; }

/// The nearest whole number of nanoseconds.
[[nodiscard]] constexpr Nanoseconds from_seconds(double seconds) {
  return Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace base
