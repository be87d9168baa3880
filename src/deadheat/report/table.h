#pragma once

#include "report/outline.h"
#include "report/page.h"

namespace report {

/// Draws a table, as wide as its texts or, where that is too much, in cells of up to four lines. Of
/// the columns that need not stay as many are drawn as can be read.
void draw_table(Page& page, const Table& table, const Words& words);

}  // namespace report
