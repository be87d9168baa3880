#include "oracle/reading.h"

#include <algorithm>
#include <set>

#include "expression/expression.h"
#include "oracle/pattern.h"
#include "oracle/value.h"

namespace oracle {
namespace {

/// Texts that name something: not empty, no structure, no truth.
void add_names(const json::object& bindings, const std::string& prefix,
               const std::set<std::string>& captured, Names& names) {
  for (const auto& [key, value] : bindings) {
    const Kind kind = kind_of(value);
    if (kind != Kind::number && kind != Kind::text) continue;
    if (captured.contains(std::string(key))) continue;
    if (std::string text = text_of(value); !text.empty())
      names.emplace_back(prefix + std::string(key), std::move(text));
  }
}

/// What a script captures in the race is not the tool's: it is in the very answer that it would
/// name, which would then fit whatever it is. Relations carry its identity.
std::set<std::string> captured_by(const scenario::Script& script) {
  std::set<std::string> names;
  for (const scenario::Request& step : script.steps)
    for (const scenario::Capture& capture : step.captures) names.insert(capture.name);
  return names;
}

/// The same with its tokens opened.
json::value opened(const json::value& value) {
  if (const auto* text = value.if_string()) return open_token(*text).value_or(value);
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const json::value& element : *array) out.push_back(opened(element));
    return out;
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& [key, member] : *object) out[key] = opened(member);
    return out;
  }
  return value;
}

Told told(const outcome::Answer& answer, int entry, const std::set<std::string>& captured) {
  Told out{.entry = entry,
           .script = answer.entry.script,
           .refused = answer.refused,
           .indeterminate = answer.indeterminate,
           .begins = answer.begins(),
           .ends = answer.ends()};
  out.signature.ok = answer.ok;
  out.signature.stopped = answer.stopped_before.value_or(-1);
  json::array trees;
  out.removable = true;
  for (std::size_t i = 0; i < answer.steps.size(); ++i) {
    const outcome::Step& step = answer.steps[i];
    out.signature.statuses.push_back(step.status);
    trees.push_back({{"body", opened(step.body)}, {"headers", step.headers}});
    out.steps.emplace_back(step.held_in_head ? step.released : step.sent,
                           step.status == 0 ? base::Nanoseconds::max() : step.answered);
    out.safe.push_back(step.safe);
    if (i + 1 < answer.steps.size() && !step.safe) out.removable = false;
    add_names(step.bindings, "step" + std::to_string(i + 1) + ".", captured, out.names);
  }
  out.tree = std::move(trees);
  add_names(answer.bindings, "", captured, out.names);
  // What was not answered may still land.
  if (answer.last_status() == 0 && !answer.stopped()) out.ends = base::Nanoseconds::max();
  return out;
}

/// The answers to a suffix are part of the state that it leaves.
Seen seen(const outcome::State& state, const outcome::State& suffix = {}) {
  Seen out;
  json::object tree;
  for (const outcome::State* part : {&state, &suffix})
    for (const outcome::Read& read : *part) {
      if (read.of_sink) {
        tree[read.name] = opened(read.body);
        continue;
      }
      out.statuses.push_back(read.status);
      tree[read.name] = json::object{{"body", opened(read.body)}, {"headers", read.headers}};
    }
  out.tree = std::move(tree);
  return out;
}

/// Whether "[]" or "[1]" names the element of that index.
bool names_element(const std::string& part, std::size_t index) {
  return part == "[]" || part == "[" + std::to_string(index) + "]";
}

/// A mask is a path with [] for every element, [1] for one. Deletes what it names below `value`.
void erase(json::value& value, const std::vector<std::string>& path, std::size_t at) {
  if (at == path.size()) {
    value = nullptr;
    return;
  }
  const bool last = at + 1 == path.size();
  if (auto* array = value.if_array(); array && path[at].starts_with('[')) {
    json::array rest;
    for (std::size_t i = 0; i < array->size(); ++i) {
      const bool named = names_element(path[at], i);
      if (named && !last) erase((*array)[i], path, at + 1);
      if (!named || !last) rest.push_back(std::move((*array)[i]));
    }
    *array = std::move(rest);
  } else if (auto* object = value.if_object()) {
    if (last)
      object->erase(path[at]);
    else if (auto* member = object->if_contains(path[at]))
      erase(*member, path, at + 1);
  }
}

/// ".after.order.body.items[].at" -> after order body items [] at. Names may be quoted, in brackets
/// too.
std::vector<std::string> split_mask(std::string_view text) {
  std::vector<std::string> path;
  for (std::size_t i = 0; i < text.size();) {
    const bool bracketed = text.substr(i).starts_with("[\"");
    if (text[i] == '"' || bracketed) {
      i += bracketed ? 2 : 1;
      const std::size_t end = std::min(text.find('"', i), text.size());
      path.emplace_back(text.substr(i, end - i));
      i = end + (bracketed ? 2 : 1);
    } else if (text[i] == '[') {
      const std::size_t end = std::min(text.find(']', i), text.size() - 1) + 1;
      path.emplace_back(text.substr(i, end - i));
      i = end;
    } else if (text[i] == '.') {
      ++i;
    } else {
      const std::size_t end = std::min(text.find_first_of(".[", i), text.size());
      path.emplace_back(text.substr(i, end - i));
      i = end;
    }
  }
  return path;
}

/// Deletes from a body or from headers, as the path says from `at` on; statuses are never masked.
void mask_message(json::value& body, json::object& headers, const std::vector<std::string>& path,
                  std::size_t at) {
  if (at == path.size() || path[at] == "body") erase(body, path, std::min(at + 1, path.size()));
  if (at == path.size() || (path[at] == "headers" && at + 1 == path.size()))
    headers.clear();
  else if (path[at] == "headers")
    headers.erase(path[at + 1]);
}

/// .answers.NAME.steps[1].body.x, .answers.NAME[2].steps[].body.x: `path` from behind the name on.
void mask_answer(outcome::Answer& answer, std::vector<std::string> path) {
  if (!path.empty() && path[0].starts_with('[')) {
    if (!names_element(path[0], static_cast<std::size_t>(answer.entry.copy))) return;
    path.erase(path.begin());
  }
  if (path.size() < 2 || path[0] != "steps") return;
  for (std::size_t i = 0; i < answer.steps.size(); ++i)
    if (names_element(path[1], i))
      mask_message(answer.steps[i].body, answer.steps[i].headers, path, 2);
}

}  // namespace

std::string to_text(const Signature& signature) {
  std::string text;
  for (const int status : signature.statuses) {
    if (!text.empty()) text += ", ";
    text += status == 0 ? "no answer" : std::to_string(status);
  }
  if (signature.stopped >= 0) text += text.empty() ? "stopped" : ", then stopped";
  return text.empty() ? "nothing sent" : text;
}

Reading read(const outcome::Outcome& outcome, const scenario::Scenario& scenario) {
  Reading reading;
  const auto entries = scenario::entries(scenario);
  for (const outcome::Answer& answer : outcome.answers) {
    const auto is = [&](const scenario::Entry& e) {
      return e.script == answer.entry.script && e.copy == answer.entry.copy;
    };
    const auto entry = std::find_if(entries.begin(), entries.end(), is) - entries.begin();
    const auto& script = scenario.race[static_cast<std::size_t>(answer.entry.script)];
    reading.told.push_back(told(answer, static_cast<int>(entry), captured_by(script)));
  }
  reading.before = seen(outcome.before);
  reading.after = seen(outcome.after, outcome.suffix);
  if (!outcome.later.empty()) reading.later = seen(outcome.later, outcome.suffix);
  add_names(outcome.bindings, "", {}, reading.names);
  reading.wall_begin = base::in_seconds(outcome.wall_begin);
  reading.wall_end = base::in_seconds(outcome.wall_end);
  return reading;
}

std::string place_of_script(const scenario::Scenario& scenario, int script) {
  const scenario::Script& s = scenario.race[static_cast<std::size_t>(script)];
  return ".answers." + s.name + (s.times > 1 ? "[]" : "");
}

std::set<std::string> counted_places(const scenario::Scenario& scenario) {
  std::set<std::string> places;
  for (const scenario::Expression& count : scenario.counts) {
    std::string place;
    for (const std::string& part : split_mask(count.jq))
      place += part.starts_with('[') ? part : member_path(part);
    places.insert(std::move(place));
  }
  return places;
}

void apply_mask(outcome::Outcome& outcome, const scenario::Scenario& scenario) {
  for (const scenario::Expression& mask : scenario.mask) {
    const auto path = split_mask(mask.jq);
    if (path.size() < 2) continue;
    if (path[0] == "suffix")
      for (std::size_t i = 0; i < outcome.suffix.size(); ++i)
        if (names_element(path[1], i))
          mask_message(outcome.suffix[i].body, outcome.suffix[i].headers, path, 2);
    if (path[0] == "after" || path[0] == "before")
      for (outcome::State* state : {&outcome.before, &outcome.after, &outcome.later})
        for (outcome::Read& read : *state) {
          if (read.name != path[1]) continue;
          if (read.of_sink)
            erase(read.body, path, 2);
          else
            mask_message(read.body, read.headers, path, 2);
        }
    if (path[0] == "answers")
      for (outcome::Answer& answer : outcome.answers)
        if (scenario.race[static_cast<std::size_t>(answer.entry.script)].name == path[1])
          mask_answer(answer, {path.begin() + 2, path.end()});
  }
}

}  // namespace oracle
