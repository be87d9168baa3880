#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/pattern.h"
#include "oracle/reading.h"

/// An attempt beside an order, place by place, for people. What fits is decided in match.h, with
/// relations and forbidden texts, which are left aside here.
namespace oracle {

/// What a pattern allows at a place: "\"new\"", "any number", "any time".
[[nodiscard]] std::string describe(const Node& node);

/// A leaf of an attempt beside what a pattern has there.
struct Difference {
  std::string place;
  std::string seen;      // JSON text; "absent"
  std::string expected;  // as describe() says it; "absent"
  bool differs = false;
  /// Of a place that is counted, or might be: how far it moved, and how far the order moves it.
  struct Movement {
    double seen = 0, expected = 0;
  };
  std::optional<Movement> movement;
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
