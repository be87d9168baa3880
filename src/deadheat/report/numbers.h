#pragma once

#include <string>

/// Numbers as every language writes them.
namespace report {

/// Three digits that matter: 0.04, 5.21, 50, 310.
[[nodiscard]] std::string measure(double value);
/// With the unit that suits: "120 µs", "5.21 ms", "12 s".
[[nodiscard]] std::string milliseconds(double ms);
[[nodiscard]] std::string microseconds(double us);
/// Between the marks of an axis: 1, 2 or 5 times a power of ten, and no less than `least`.
[[nodiscard]] double tick_step(double least);
/// "60-98 %", of parts of 1.
[[nodiscard]] std::string percents(double low, double high);

}  // namespace report
