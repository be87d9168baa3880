#pragma once

#include <vector>

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// An attempt beside an order.
struct Column {
  const oracle::Order* order;
  oracle::Closeness close;
};

/// Beside every order that was learnt, at most so many; the closest first.
[[nodiscard]] std::vector<Column> columns(const Evidence& evidence, const oracle::Reading& reading);

/// The rows of the comparison: places of the state, then of the answers, where the attempt or the
/// orders differ.
[[nodiscard]] std::vector<record::Comparison> rows(const std::vector<Column>& columns);

}  // namespace finding
