#include "scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>

namespace scenario {

bool is_safe(const Request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS" ||
         request.method == "TRACE";
}

std::vector<Entry> entries(const Scenario& scenario) {
  std::vector<Entry> entries;
  for (std::size_t script = 0; script < scenario.race.size(); ++script)
    for (int copy = 0; copy < scenario.race[script].times; ++copy)
      entries.push_back({static_cast<int>(script), copy});
  return entries;
}

std::string entry_name(const Scenario& scenario, const Entry& entry) {
  const Script& script = scenario.race.at(static_cast<std::size_t>(entry.script));
  return script.times > 1 ? fmt::format("{}[{}]", script.name, entry.copy) : script.name;
}

std::vector<std::string> names_of_state(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const Observation& observation : scenario.observe) names.push_back(observation.name);
  for (std::size_t i = 0; i < scenario.suffix.size(); ++i)
    names.push_back(fmt::format("suffix {}", i + 1));
  return names;
}

const Actor* find_actor(const Scenario& scenario, const std::string& name) {
  const auto found = std::find_if(scenario.actors.begin(), scenario.actors.end(),
                                  [&](const Actor& actor) { return actor.name == name; });
  return found != scenario.actors.end() ? &*found : nullptr;
}

int count_actors(const Scenario& scenario, const std::string& name) {
  const std::string prefix = name + "[";
  return static_cast<int>(
      std::count_if(scenario.actors.begin(), scenario.actors.end(),
                    [&](const Actor& actor) { return actor.name.starts_with(prefix); }));
}

std::string actor_of(const Scenario& scenario, const Script& script, const Request& step,
                     int copy) {
  if (step.actor.empty() || step.actor == script.actor)
    return script.cast.empty() ? script.actor : script.cast.at(static_cast<std::size_t>(copy));
  if (find_actor(scenario, step.actor) != nullptr) return step.actor;
  return fmt::format("{}[{}]", step.actor, copy);
}

}  // namespace scenario
