#pragma once

#include <string>

#include "record/record.h"
#include "report/outline.h"
#include "report/words.h"

namespace report {

/// Every attempt as a point, its lag against what came of it, as SVG: a panel for each place of the
/// gate. Colours come from the page (html.cpp) by class, and shapes tell as much. Empty where all
/// were released together.
///
///      no order explains it |           ▒◆◆◆▒
///     withdraw, then pay    |  ● ●● ●  ●▒   ▒
///     pay, then withdraw    |●          ▒   ▒●● ●
///                           +----+----+----+----+
///                          -2    0    2    4    6   pay after withdraw, in ms
[[nodiscard]] std::string offsets_drawing(const record::Record& record, const Words& words);

/// The section that shows it; without a block where there is nothing to draw.
[[nodiscard]] Section lags(const record::Record& record, const Words& words);

}  // namespace report
