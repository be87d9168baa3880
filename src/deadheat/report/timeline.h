#pragma once

#include "record/record.h"
#include "report/page.h"
#include "report/words.h"

namespace report {

/// Draws an attempt: the time axis, one lane per script with a segment per step, and under or
/// beside each lane what was asked, said and answered.
///
///     time in ms       0         10        20 ▼      30
///                      ┼─────────┴─────────┴──▼──────┴────
///     고객 cancel      ├1───────┤        ├2┄┄┄◆─────────┤
///         1 GET /api/v1/orders/8/                        → 200 {"status":"open"}
///         2 “취소해주세요!” PUT /api/v1/orders/8/          → 200 {"status":"closed"}
///
/// Positions are to scale but for this: what would fall on one column is moved right by one, so
/// that every step is seen.
void draw_timeline(Page& page, const std::vector<record::Part>& parts, const Words& words);

}  // namespace report
