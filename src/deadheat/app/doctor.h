#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/terminal.h"

/// `deadheat doctor`: what race window is found on this machine, and what limits it.
namespace app {

struct DoctorOptions {
  std::optional<std::uint64_t> seed;
  std::string json_file;  // empty: none
  Style style;
  bool quiet = false;
};

/// 0 if a window of 1 ms is found, 3 if not. Throws where the machine fails.
[[nodiscard]] int doctor(const DoctorOptions& options);

}  // namespace app
