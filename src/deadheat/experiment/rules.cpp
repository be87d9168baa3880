#include "experiment/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace experiment {
namespace {

bool is_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// ".answers.cancel" for each plain path in a program that begins with before, after or answers:
/// two names deep, which is what a reader wants to see of the input.
std::vector<expression::Path> paths_in(const std::string& jq) {
  std::vector<expression::Path> paths;
  for (const std::string root : {"before", "after", "answers"}) {
    for (std::size_t at = jq.find("." + root); at != std::string::npos;
         at = jq.find("." + root, at + 1)) {
      std::size_t i = at + 1 + root.size();
      if (i < jq.size() && is_name(jq[i])) continue;
      expression::Path path{root};
      if (i < jq.size() && jq[i] == '.') {
        std::size_t end = i + 1;
        while (end < jq.size() && is_name(jq[end])) ++end;
        if (end > i + 1) path.emplace_back(jq.substr(i + 1, end - i - 1));
      }
      if (std::find(paths.begin(), paths.end(), path) == paths.end())
        paths.push_back(std::move(path));
    }
  }
  return paths;
}

/// An answer without its bodies: what rules mostly ask about, in a line.
json::value in_short(const json::value& answer) {
  if (const auto* copies = answer.if_array()) {
    json::array list;
    for (const json::value& copy : *copies) list.push_back(in_short(copy));
    return list;
  }
  const auto* object = answer.if_object();
  if (object == nullptr || !object->contains("steps")) return answer;
  json::object brief;
  for (const char* key : {"ok", "refused", "stopped"})
    if (const auto* value = object->if_contains(key)) brief[key] = *value;
  json::array statuses;
  for (const json::value& step : object->at("steps").get_array())
    if (const auto* status = step.as_object().if_contains("status")) statuses.push_back(*status);
  brief["statuses"] = std::move(statuses);
  return brief;
}

std::string values_of(const scenario::Rule& rule, const json::value& input) {
  json::object values;
  for (const expression::Path& path : paths_in(rule.holds.jq)) {
    const json::value* value = expression::find(input, path);
    if (value == nullptr) continue;
    std::string name;
    for (const auto& part : path) name += "." + std::get<std::string>(part);
    values[name] = name.starts_with(".answers.") ? in_short(*value) : *value;
  }
  return base::to_text(values);
}

}  // namespace

std::vector<BrokenRule> broken_rules(const outcome::Outcome& outcome,
                                     const scenario::Scenario& scenario,
                                     const expression::Evaluate& evaluate) {
  std::vector<BrokenRule> broken;
  if (scenario.rules.empty()) return broken;
  const json::value input = outcome::as_rules_input(outcome, scenario);
  for (const scenario::Rule& rule : scenario.rules) {
    const auto holds = evaluate(rule.holds.jq, input);
    if (holds && holds->is_bool() && holds->get_bool()) continue;
    BrokenRule found{rule.name, rule.holds.place, values_of(rule, input), std::nullopt};
    if (!holds)
      found.error = holds.error().message;
    else if (!holds->is_bool() && !holds->is_null())
      found.error = fmt::format("gave {}, where a rule gives true or false", base::to_text(*holds));
    broken.push_back(std::move(found));
  }
  return broken;
}

std::optional<std::string> permitted(const outcome::Outcome& outcome,
                                     const scenario::Scenario& scenario,
                                     const expression::Evaluate& evaluate) {
  if (scenario.permits.empty()) return std::nullopt;
  const json::value input = outcome::as_rules_input(outcome, scenario);
  for (const scenario::Permit& permit : scenario.permits)
    if (const auto covers = evaluate(permit.when.jq, input); covers && expression::is_true(*covers))
      return permit.reason;
  return std::nullopt;
}

}  // namespace experiment
