#include "oracle/mask.h"

#include <span>

#include "expression/expression.h"
#include "oracle/tree.h"

namespace oracle {
namespace {

using expression::Every;
using expression::PlacePart;
using Path = std::span<const PlacePart>;

const std::string* name_in(const PlacePart& part) { return std::get_if<std::string>(&part); }

bool is(const PlacePart& part, std::string_view name) {
  const std::string* found = name_in(part);
  return found != nullptr && *found == name;
}

/// Whether [] or [1] names the element of that index.
bool names_element(const PlacePart& part, std::size_t index) {
  const auto* number = std::get_if<std::int64_t>(&part);
  return std::holds_alternative<Every>(part) ||
         (number != nullptr && *number == static_cast<std::int64_t>(index));
}

void erase(json::value& value, Path path);

void erase_from(json::array& array, Path path) {
  json::array rest;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const bool named = names_element(path[0], i);
    if (named && path.size() > 1) erase(array[i], path.subspan(1));
    if (!named || path.size() > 1) rest.push_back(std::move(array[i]));
  }
  array = std::move(rest);
}

void erase_from(json::object& object, Path path) {
  const std::string* name = name_in(path[0]);
  const bool every = std::holds_alternative<Every>(path[0]);
  if (path.size() == 1) {
    if (every) object.clear();
    if (name != nullptr) object.erase(*name);
    return;
  }
  for (auto& member : object)
    if (every || (name != nullptr && member.key() == *name)) erase(member.value(), path.subspan(1));
}

/// Deletes what the path names below `value`; the value itself where nothing is left of the path.
void erase(json::value& value, Path path) {
  if (path.empty())
    value = nullptr;
  else if (auto* array = value.if_array())
    erase_from(*array, path);
  else if (auto* object = value.if_object())
    erase_from(*object, path);
}

/// Deletes from a body or from headers, or both; statuses are never masked.
void mask_message(json::value& body, json::object& headers, Path path) {
  if (path.empty() || is(path[0], "body")) erase(body, path.empty() ? path : path.subspan(1));
  if (path.empty() || (is(path[0], "headers") && path.size() == 1))
    headers.clear();
  else if (is(path[0], "headers"))
    erase_from(headers, path.subspan(1));
}

/// .answers.NAME.steps[1].body.x, .answers.NAME[2].steps[].body.x: `path` from behind the name on.
void mask_answer(outcome::Answer& answer, Path path) {
  if (!path.empty() && name_in(path[0]) == nullptr) {
    if (!names_element(path[0], static_cast<std::size_t>(answer.entry.copy))) return;
    path = path.subspan(1);
  }
  if (path.size() < 2 || !is(path[0], "steps")) return;
  for (std::size_t i = 0; i < answer.steps.size(); ++i)
    if (names_element(path[1], i))
      mask_message(answer.steps[i].body, answer.steps[i].headers, path.subspan(2));
}

void mask_read(outcome::Read& read, Path path) {
  if (read.of_sink)
    erase(read.body, path);
  else
    mask_message(read.body, read.headers, path);
}

void mask(outcome::Outcome& outcome, const scenario::Scenario& scenario, Path path) {
  const Path rest = path.subspan(2);
  if (is(path[0], "suffix"))
    for (std::size_t i = 0; i < outcome.suffix.size(); ++i)
      if (names_element(path[1], i)) mask_read(outcome.suffix[i], rest);
  if (is(path[0], "after") || is(path[0], "before"))
    for (outcome::State* state : {&outcome.before, &outcome.after, &outcome.later})
      for (outcome::Read& read : *state)
        if (is(path[1], read.name)) mask_read(read, rest);
  if (is(path[0], "answers"))
    for (outcome::Answer& answer : outcome.answers)
      if (is(path[1], scenario.race[static_cast<std::size_t>(answer.entry.script)].name))
        mask_answer(answer, rest);
}

}  // namespace

void apply_mask(outcome::Outcome& outcome, const scenario::Scenario& scenario) {
  for (const scenario::Expression& each : scenario.mask)
    if (const auto path = expression::parse_places(each.jq); path && path->size() >= 2)
      mask(outcome, scenario, *path);
}

std::set<std::string> counted_places(const scenario::Scenario& scenario) {
  std::set<std::string> places;
  for (const scenario::Expression& count : scenario.counts) {
    std::string place;
    const auto path = expression::parse_places(count.jq);
    for (const PlacePart& part : path.value_or(expression::Places{})) {
      if (const std::string* name = name_in(part))
        place += member_path(*name);
      else if (const auto* index = std::get_if<std::int64_t>(&part))
        place += "[" + std::to_string(*index) + "]";
      else
        place += "[]";
    }
    places.insert(std::move(place));
  }
  return places;
}

}  // namespace oracle
