#include "scenario/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenario/fields.h"

namespace scenario {
namespace {

using Texts = std::vector<std::string>;

Texts bases(const Texts& urls, Texts& problems) {
  Texts bases;
  for (const std::string& url : urls) {
    const auto base = parse_base(url);
    if (!base)
      problems.push_back(fmt::format("--target {}: {}", url, base.error()));
    else if (std::find(bases.begin(), bases.end(), *base) != bases.end())
      problems.push_back(fmt::format("--target {}: given twice", url));
    else
      bases.push_back(*base);
  }
  return bases;
}

/// A bare number is of seconds.
std::optional<base::Nanoseconds> budget(const std::string& text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  const auto budget = parse_duration(bare ? text + "s" : text);
  return budget == base::Nanoseconds(0) ? std::nullopt : budget;
}

}  // namespace

base::Result<Scenario, std::vector<std::string>> overridden(Scenario scenario,
                                                            const Override& given) {
  Texts problems;
  Run& run = scenario.run;
  if (!given.targets.empty()) scenario.targets = bases(given.targets, problems);
  if (!given.proxy.empty()) {
    auto proxy = parse_proxy(given.proxy);
    if (proxy)
      scenario.proxy = std::move(*proxy);
    else
      problems.push_back(fmt::format("--proxy: {}", proxy.error()));
  }
  if (given.budget) {
    if (const auto time = budget(*given.budget))
      run.budget = *time;
    else
      problems.push_back(fmt::format(
          "--budget {}: expected a duration such as 60s or 5m, at most 24h", *given.budget));
  }
  run.attempts = given.attempts.value_or(run.attempts);
  run.lanes = given.lanes.value_or(run.lanes);
  run.sync = given.sync.value_or(run.sync);
  run.hold = given.hold.value_or(run.hold);
  run.offsets = given.offsets.value_or(run.offsets);
  run.http = given.http.value_or(run.http);
  run.connections = given.connections.value_or(run.connections);
  if (!problems.empty()) return base::failure(std::move(problems));
  return scenario;
}

}  // namespace scenario
