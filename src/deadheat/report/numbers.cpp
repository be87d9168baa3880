#include "report/numbers.h"

#include <fmt/format.h>

#include <cmath>

namespace report {

std::string measure(double value) {
  const double size = std::abs(value);
  std::string text = fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string milliseconds(double ms) {
  if (ms >= 10'000) return measure(ms / 1000) + " s";
  return ms > 0 && ms < 1 ? fmt::format("{:.0f} µs", ms * 1000) : measure(ms) + " ms";
}

std::string microseconds(double us) { return milliseconds(us / 1000); }

double tick_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

std::string percents(double low, double high) {
  return fmt::format("{:.0f}-{:.0f} %", low * 100, high * 100);
}

}  // namespace report
