#pragma once

#include <cstdint>
#include <optional>

#include "schedule/schedule.h"

namespace trial {

struct Options {
  std::uint64_t seed = 0;
  bool keep_going = false;     // race even where a rule breaks serially
  bool explore_window = true;  // once a race is proven, see between which lags it hits
  std::optional<schedule::Schedule> repeat;  // every attempt is this one
};

}  // namespace trial
