#include "oracle/place.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/require.h"
#include "oracle/tree.h"

namespace oracle {
namespace {

/// A step of a way.
struct Step {
  enum class Is { key, index, any_key, any_element };
  Is is = Is::key;
  std::string key;
  int index = 0;
};
using Steps = std::vector<Step>;
using Is = Step::Is;

/// The end of the JSON string that begins at `begin`, behind its closing quote.
std::size_t end_of_string(std::string_view way, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < way.size() && way[end] != '"') end += way[end] == '\\' ? 2 : 1;
  return std::min(end + 1, way.size());
}

Steps steps_of(std::string_view way) {
  Steps steps;
  std::size_t at = 0;
  const auto take = [&](std::size_t end) {
    const std::string_view part = way.substr(at, end - at);
    at = end;
    return part;
  };
  while (at < way.size()) {
    if (way[at] == '[') {
      const std::string_view inside = take(std::min(way.find(']', at) + 1, way.size())).substr(1);
      Step step{.is = Is::index};
      const auto digits = std::from_chars(inside.data(), inside.data() + inside.size(), step.index);
      if (digits.ec != std::errc()) step.is = Is::any_element;
      steps.push_back(std::move(step));
      continue;
    }
    base::require(way[at] == '.', "a step of a way begins with a dot or a bracket");
    ++at;
    if (at < way.size() && way[at] == '"') {
      const std::string_view quoted = take(end_of_string(way, at));
      const auto key = base::parse_json(quoted);
      steps.push_back(
          {.key = key && key->is_string() ? std::string(key->get_string()) : std::string(quoted)});
    } else {
      const std::string_view name = take(std::min(way.find_first_of(".[", at), way.size()));
      steps.push_back({name == "*" ? Is::any_key : Is::key, std::string(name)});
    }
  }
  return steps;
}

bool is(const Steps& steps, std::size_t i, Is what) {
  return i < steps.size() && steps[i].is == what;
}

bool is_key(const Steps& steps, std::size_t i, std::string_view name) {
  return is(steps, i, Is::key) && steps[i].key == name;
}

std::string pointer_from(const Steps& steps, std::size_t first) {
  std::string pointer;
  for (std::size_t i = first; i < steps.size(); ++i)
    pointer += steps[i].is == Is::key       ? pointer_to(steps[i].key)
               : steps[i].is == Is::index   ? "/" + std::to_string(steps[i].index)
               : steps[i].is == Is::any_key ? "/*"
                                            : "/-";
  return pointer;
}

using record::Place;

/// What is behind the name of a script's step, or of a read.
void set_part(const Steps& steps, std::size_t at, Place& place) {
  using Part = Place::Part;
  place.part = is_key(steps, at, "status")    ? Part::status
               : is_key(steps, at, "headers") ? Part::headers
               : is_key(steps, at, "body")    ? Part::body
                                              : Part::whole;
  if (place.part != Part::whole) place.pointer = pointer_from(steps, at + 1);
}

Place place_in_answer(const Steps& steps) {
  Place place{.in = Place::In::answer, .name = steps[1].key};
  std::size_t at = 2;
  if (is(steps, at, Is::index))
    place.name += "[" + std::to_string(steps[at++].index) + "]";
  else if (is(steps, at, Is::any_element))
    place.name += "[]", ++at;
  ++at;  // "steps"
  if (is(steps, at, Is::any_element) && is_key(steps, at + 1, "status")) {
    place.part = Place::Part::statuses;
  } else if (is(steps, at, Is::index)) {
    place.step = steps[at].index + 1;
    set_part(steps, at + 1, place);
  }
  return place;
}

constexpr std::string_view suffix = "suffix ";  // and its number: scenario::names_of_state

Place place_in_state(const Steps& steps) {
  if (!is(steps, 1, Is::key))
    return {.part = is(steps, 1, Is::any_element) ? Place::Part::statuses : Place::Part::whole};
  Place place{.name = steps[1].key};
  if (place.name.starts_with(suffix)) {
    place.in = Place::In::suffix;
    place.name.erase(0, suffix.size());
  } else if (!is(steps, 2, Is::key)) {
    // A read has a status, headers and a body; a sink has calls.
    place.in = Place::In::sink;
    place.part = Place::Part::calls;
    place.pointer = pointer_from(steps, 2);
    return place;
  }
  set_part(steps, 2, place);
  return place;
}

/// What stands under a key that changes by itself stands under every key.
std::string way_of(const Steps& steps, std::size_t first) {
  std::string way;
  for (std::size_t i = first; i < steps.size(); ++i)
    way += steps[i].is == Is::key     ? member_path(steps[i].key)
           : steps[i].is == Is::index ? "[" + std::to_string(steps[i].index) + "]"
                                      : "[]";
  return way;
}

}  // namespace

record::Place place_of(std::string_view way) {
  const Steps steps = steps_of(way);
  return is_key(steps, 0, "answers") && is(steps, 1, Is::key) ? place_in_answer(steps)
                                                              : place_in_state(steps);
}

std::string pointer_to(std::string_view key) {
  std::string pointer = "/";
  for (const char c : key)
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  return pointer;
}

std::optional<std::string> mask_of(std::string_view way) {
  const Place place = place_of(way);
  const Steps steps = steps_of(way);
  const bool maskable = place.part == Place::Part::body || place.part == Place::Part::headers ||
                        (place.part == Place::Part::calls && !place.pointer.empty());
  if (!maskable) return std::nullopt;
  if (place.in == Place::In::answer) return way_of(steps, 0);
  if (place.in == Place::In::suffix)
    return ".suffix[" + std::to_string(std::stoi(place.name) - 1) + "]" + way_of(steps, 2);
  return ".after" + way_of(steps, 1);
}

std::string way_to_statuses(const std::string& script) { return script + ".steps[].status"; }

std::string way_to_status(std::string_view read) {
  return ".after" + member_path(read) + ".status";
}

std::string way_to_all_statuses(const std::string& state) { return state + "[].status"; }

}  // namespace oracle
