#pragma once

#include <string>

#include "record/record.h"

/// Renders a record for people. Pure: a record gives a text.
namespace report {

struct Look {
  int width = 100;  // columns
  bool colour = false;
};

/// The terminal report: verdict, the timeline of the attempt, the state seen against the state that
/// each order allows, the rates, what was learnt, what was tried.
///
/// No line is wider than the look says (40 at least), but for the `mask:` block, which is there to
/// be copied. Nothing that came from the target reaches the terminal raw.
[[nodiscard]] std::string terminal(const record::Record& record, const Look& look);

}  // namespace report
