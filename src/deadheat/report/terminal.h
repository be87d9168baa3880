#pragma once

#include <string>

#include "record/record.h"

/// Renders a record for people. Pure: a record gives a text.
namespace report {

struct Look {
  int width = 100;  // columns
  bool colour = false;
};

/// The terminal report: verdict, what was learnt, what was tried, the timeline of the attempt, the
/// state seen against the state that each order allows, the rates, the effort.
[[nodiscard]] std::string terminal(const record::Record& record, const Look& look);

/// The columns a text takes on a terminal: East Asian wide characters take two, combining ones
/// none.
[[nodiscard]] int display_width(std::string_view text);

}  // namespace report
