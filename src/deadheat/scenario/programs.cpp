#include <fmt/format.h>

#include <set>
#include <tuple>

#include "scenario/parse.h"
#include "scenario/template.h"

namespace scenario {
namespace {

void list(const Request& request, const std::string& where, std::vector<Program>& programs) {
  const auto add_template = [&](const Template& text) {
    if (const auto pieces = split(text.text))
      for (const Piece& piece : *pieces)
        if (piece.kind == Piece::Kind::jq)
          programs.push_back({"template in " + where, {program_of(piece), text.place}});
  };
  const auto add_json = [&](const auto& self, const json::value& value) -> void {
    if (const auto* object = value.if_object())
      for (const auto& [key, member] : *object) {
        add_template({std::string(key), request.body.place});
        self(self, member);
      }
    if (const auto* array = value.if_array())
      for (const json::value& element : *array) self(self, element);
    if (const auto* string = value.if_string())
      add_template({std::string(*string), request.body.place});
  };
  add_template(request.target);
  for (const Template& word : request.exec.words) add_template(word);
  for (const HeaderTemplate& header : request.headers) add_template(header.value);
  add_json(add_json, request.body.value);
  if (request.expect && request.expect->condition)
    programs.push_back({"expect of " + where, *request.expect->condition});
  for (const Capture& capture : request.captures)
    programs.push_back({"capture " + capture.name + " of " + where, capture.from});
  if (request.stop_unless) programs.push_back({"stop_unless of " + where, *request.stop_unless});
}

std::vector<Expression> programs_of(const Rule& rule) {
  if (const auto* jq = std::get_if<Expression>(&rule.holds)) return {*jq};
  if (const auto* conserved = std::get_if<Conserved>(&rule.holds)) return conserved->sum;
  if (const auto* unique = std::get_if<Unique>(&rule.holds)) return unique->values;
  return {};
}

}  // namespace

std::vector<Program> programs(const Scenario& scenario) {
  std::vector<Program> programs;
  const auto list_all = [&](const std::vector<Request>& requests, std::string_view part) {
    for (std::size_t i = 0; i < requests.size(); ++i)
      list(requests[i], fmt::format("{} request {}", part, i + 1), programs);
  };
  for (const Actor& actor : scenario.actors) {
    const Request headers{.target = {"", {}}, .headers = actor.headers};
    list(headers, "actor " + actor.name, programs);
    list_all(actor.login, "login of " + actor.name);
  }
  list_all(scenario.setup, "setup");
  list_all(scenario.reset, "reset");
  for (const Script& script : scenario.race) {
    for (std::size_t i = 0; i < script.steps.size(); ++i)
      list(script.steps[i], fmt::format("script {}, step {}", script.name, i + 1), programs);
    if (script.ok) programs.push_back({"ok of script " + script.name, *script.ok});
    if (script.refused) programs.push_back({"refused of script " + script.name, *script.refused});
  }
  list_all(scenario.suffix, "suffix");
  for (const Observation& observation : scenario.observe)
    list(observation.request, "observe " + observation.name, programs);
  list_all(scenario.cleanup, "cleanup");
  list_all(scenario.teardown, "teardown");
  for (const Rule& rule : scenario.rules)
    for (const Expression& jq : programs_of(rule)) programs.push_back({"rule " + rule.name, jq});
  for (const Expression& path : scenario.mask) programs.push_back({"mask", path});
  for (const Expression& path : scenario.counts) programs.push_back({"counts", path});
  for (const Permit& permit : scenario.permits) programs.push_back({"permit", permit.when});
  // Actors by `times` have the same programs.
  std::set<std::tuple<int, int, std::string>> seen;
  std::erase_if(programs, [&seen](const Program& program) {
    const auto& [jq, place] = program.expression;
    return !seen.emplace(place.line, place.column, jq).second;
  });
  return programs;
}

}  // namespace scenario
