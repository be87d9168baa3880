#pragma once

#include <cstddef>
#include <vector>

#include "record/record.h"
#include "report/page.h"

namespace report {

/// Draws what was seen beside what each order allows. At most four orders have a column, the
/// closest one first; places that differ from every order are marked.
void draw_comparison(Page& page, const record::Finding& finding);

/// The orders to compare with, by their index: the closest one first, at most four.
[[nodiscard]] std::vector<std::size_t> compared_orders(const record::Finding& finding);

/// What the mark ✗ says; or, where no place by itself differs from every order, what does.
[[nodiscard]] const char* marks_in_words(const record::Finding& finding);

}  // namespace report
