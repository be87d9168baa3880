#pragma once

#include <string>
#include <utility>

#include "expression/expression.h"
#include "scenario/scenario.h"

/// What tests of this room begin with.
namespace trial {

/// Plain paths only; anything else does not compile.
inline base::Result<json::value, expression::Failure> plain_paths(const std::string& jq,
                                                                  const json::value& input) {
  const auto path = expression::parse_path(jq);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{expression::Failure::Kind::runtime, "not an object"});
  return *found;
}

inline scenario::Scenario scenario_with_rule(decltype(scenario::Rule::holds) rule) {
  scenario::Scenario scenario;
  scenario.race.push_back({.name = "take", .times = 3, .steps = {{}}});
  scenario.race.push_back({.name = "give", .steps = {{}}});
  scenario.observe.push_back({.name = "thing"});
  scenario.rules.push_back({.name = "the-rule", .holds = std::move(rule)});
  return scenario;
}

inline scenario::Scenario scenario_with_rule(const std::string& jq) {
  return scenario_with_rule(scenario::Expression{jq, {}});
}

}  // namespace trial
