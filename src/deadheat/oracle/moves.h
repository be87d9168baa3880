#pragma once

#include <map>
#include <set>
#include <string>

#include "oracle/reading.h"
#include "record/facts.h"

/// How far the numbers of a state moved during a run. A stock that no reset restores has another
/// value in every run, and is told by its moves alone: 500 -> 499 is the same as 499 -> 498.
namespace oracle {

/// Whether the scenario counts a place; [] in `counted` stands for every element.
[[nodiscard]] bool is_counted(const std::set<std::string>& counted, const std::string& place);

/// The numbers of a state, as places behind ".after".
[[nodiscard]] std::map<std::string, double> numbers_of(const Seen& state);

/// How far the numbers of a state moved from the state before, by place; of those that are in both.
using Moves = std::map<std::string, double>;
[[nodiscard]] Moves moves_of(const Seen& before, const Seen& after);

/// The same, but for what sums of decimals lose.
[[nodiscard]] bool same_move(double a, double b);

/// Rounded as above.
[[nodiscard]] record::Value value_of_move(double by);

}  // namespace oracle
