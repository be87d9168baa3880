#include "oracle/moves.h"

#include <cmath>

#include "oracle/tree.h"
#include "oracle/value.h"

namespace oracle {

bool is_counted(const std::set<std::string>& counted, const std::string& place) {
  return counted.contains(place) || (!counted.empty() && counted.contains(without_indices(place)));
}

std::map<std::string, double> numbers_of(const Seen& state) {
  std::map<std::string, double> found;
  flatten(".after", state.tree, [&](const std::string& place, const json::value& value) {
    if (const auto number = as_number(value)) found[place] = *number;
  });
  return found;
}

Moves moves_of(const Seen& before, const Seen& after) {
  const auto was = numbers_of(before);
  Moves moves;
  for (const auto& [place, number] : numbers_of(after))
    if (const auto found = was.find(place); found != was.end())
      moves[place] = number - found->second;
  return moves;
}

bool same_move(double a, double b) {
  // A cent of a billion is kept; what is lost in 0.1 + 0.2 is not.
  constexpr double least = 1e-6;
  return std::abs(a - b) < least;
}

record::Value value_of_move(double by) {
  constexpr double per_unit = 1e6;
  return {.is = record::Value::Is::moved, .moved = std::round(by * per_unit) / per_unit};
}

}  // namespace oracle
