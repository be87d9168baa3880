#pragma once

#include "record/record.h"
#include "report/page.h"

namespace report {

/// Draws what was seen beside what each order allows. At most four orders have a column, the
/// closest one first; places that differ from every order are marked.
void draw_comparison(Page& page, const record::Finding& finding);

}  // namespace report
