#pragma once

#include <string>

#include "record/checkup.h"
#include "report/terminal.h"

namespace report {

/// What `deadheat doctor` prints: the planted windows, and what limits this machine.
[[nodiscard]] std::string terminal(const record::Checkup& checkup, const Look& look);

/// "1 ms", "100 µs".
[[nodiscard]] std::string window_in_words(double window_us);

/// "within 2 attempts (median of 15 rounds)", "in 3 of 15 rounds only", "never, in 600 attempts".
[[nodiscard]] std::string found_in_words(const record::Planted& planted);

}  // namespace report
