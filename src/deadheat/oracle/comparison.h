#pragma once

#include <string>
#include <vector>

#include "oracle/pattern.h"
#include "oracle/reading.h"
#include "record/facts.h"

/// An attempt beside an order, place by place, for a report. What fits is decided in match.h, with
/// relations and forbidden texts, which are left aside here.
namespace oracle {

/// What a pattern allows at a place. Names that the tool put in stand for themselves: "{{user}}".
[[nodiscard]] record::Value allowed_by(const Node& node);

/// A leaf of an attempt beside what a pattern has there.
struct Difference {
  std::string place;  // the way to it, see place.h
  record::Value seen;
  record::Value expected;
  bool differs = false;
};

struct Closeness {
  std::vector<int> cast;                // entry by role
  std::vector<Difference> differences;  // every place, those that differ marked
  int count = 0;                        // of those that differ
};

/// An attempt beside an order of all scripts. Interchangeable entries stand in the roles whose
/// statuses they have.
[[nodiscard]] Closeness closeness(const Reading& attempt, const Pattern& pattern,
                                  const scenario::Scenario& scenario);

/// Places that nobody counts, where they moved otherwise than in this order.
[[nodiscard]] std::vector<Difference> drifts(const Pattern& pattern, const Seen& before,
                                             const Seen& after);

}  // namespace oracle
