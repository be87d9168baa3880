#include "trial/turns.h"

#include <map>

namespace trial {

record::Order turns_of(const oracle::Order& order, const scenario::Scenario& scenario) {
  record::Order turns;
  const auto name = [&](int role) -> const std::string& {
    return scenario.race[static_cast<std::size_t>(order.roles[static_cast<std::size_t>(role)])]
        .name;
  };
  if (order.by_request()) {
    std::map<int, int> steps;
    for (const int role : order.turns)
      turns.turns.push_back({.script = name(role), .step = ++steps[role]});
    return turns;
  }
  for (std::size_t begin = 0, end = 0; begin < order.roles.size(); begin = end) {
    while (end < order.roles.size() && order.roles[end] == order.roles[begin]) ++end;
    turns.turns.push_back(
        {.script = name(static_cast<int>(begin)), .times = static_cast<int>(end - begin)});
  }
  return turns;
}

}  // namespace trial
