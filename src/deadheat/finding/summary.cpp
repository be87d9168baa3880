#include "finding/summary.h"

#include <numeric>

#include "finding/learnt.h"
#include "finding/notes.h"
#include "finding/tried.h"
#include "finding/verdict.h"

namespace finding {
namespace {

record::Source source_of(const scenario::Place& place) { return {place.line, place.column}; }

record::Named named(const scenario::Script& script) {
  return {.name = script.name,
          .label = script.label == script.name ? "" : script.label,
          .steps = static_cast<int>(script.steps.size()),
          .source = source_of(script.place)};
}

}  // namespace

record::Record record_of(const Evidence& evidence, const Header& header) {
  const scenario::Scenario& scenario = evidence.scenario;
  record::Record record{.tool = header.tool,
                        .run = header.run,
                        .scenario_file = scenario.file,
                        .scenario_id = scenario.id,
                        .scenario_name = scenario.name,
                        .targets = scenario.targets,
                        .seed = header.seed,
                        .started_at = header.started_at,
                        .duration_s = base::in_seconds(header.elapsed)};
  for (const scenario::Script& script : scenario.race) record.scripts.push_back(named(script));
  for (const scenario::Rule& rule : scenario.rules)
    record.rules.push_back({.name = rule.name, .source = source_of(rule.place)});
  record.learnt = what_was_learnt(evidence);
  record.tried = what_was_tried(evidence);
  for (const scenario::Entry& entry : scenario::entries(scenario))
    record.entries.push_back(entry_name(scenario, entry));
  record.attempts = attempts_in_turn(evidence);
  record.notes = notes(evidence, record.tried);
  give_verdict(evidence, record);
  return record;
}

record::Group group_of(const trial::Group& group, const scenario::Scenario& scenario) {
  record::Group named;
  for (std::size_t i = 0; i < group.size(); ++i)
    if (group[i] > 0) named.members.push_back({scenario.race[i].name, group[i]});
  return named;
}

record::Fewest fewest_of(const trial::Fewest& fewest, const scenario::Scenario& scenario) {
  const auto entries = static_cast<int>(scenario::entries(scenario).size());
  record::Fewest found{.of = entries, .cut_short = fewest.cut_short};
  for (const trial::Group& group : fewest.quiet) found.quiet.push_back(group_of(group, scenario));
  if (!fewest.trial) return found;
  found.scripts = std::accumulate(fewest.group.begin(), fewest.group.end(), 0);
  found.group = group_of(fewest.group, scenario);
  found.concurrent = record::rate(fewest.trial->hits, fewest.trial->judged);
  found.serial = record::rate(fewest.trial->odd, fewest.trial->serial);
  return found;
}

}  // namespace finding
