#include "oracle/reading.h"

#include <algorithm>
#include <set>

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

}  // namespace

record::Value value_of(const Signature& signature) {
  std::string text;
  for (const int status : signature.statuses) {
    if (!text.empty()) text += ", ";
    text += std::to_string(status);
  }
  if (signature.stopped >= 0) text += text.empty() ? "-" : ", -";
  return {.is = record::Value::Is::statuses, .text = std::move(text)};
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

}  // namespace oracle
