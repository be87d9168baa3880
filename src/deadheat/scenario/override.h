#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scenario/scenario.h"

namespace scenario {

/// What is said on the command line in place of what a scenario says. Pure values: texts as the
/// user wrote them. What is empty is as the scenario has it.
struct Override {
  std::vector<std::string> targets;
  std::string proxy;
  std::optional<int> attempts;
  std::optional<std::string> budget;  // "60s", as a scenario has it, or seconds
  std::optional<int> lanes;
  std::optional<Sync> sync;
  std::optional<Hold> hold;
  std::optional<Offsets> offsets;
  std::optional<Http> http;
  std::optional<Connections> connections;
};

/// The scenario with all of it; or every problem, each with the option that has it: "--budget soon:
/// expected a duration such as 60s or 5m, at most 24h".
[[nodiscard]] base::Result<Scenario, std::vector<std::string>> overridden(Scenario scenario,
                                                                          const Override& given);

}  // namespace scenario
