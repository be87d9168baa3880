#include "oracle/reading.h"

#include <algorithm>

#include "expression/expression.h"
#include "oracle/value.h"

namespace oracle {
namespace {

/// Texts that name something: not empty, no structure, no truth.
void add_names(const json::object& bindings, const std::string& prefix, Names& names) {
  for (const auto& [key, value] : bindings) {
    const Kind kind = kind_of(value);
    if (kind != Kind::number && kind != Kind::text) continue;
    if (std::string text = text_of(value); !text.empty())
      names.emplace_back(prefix + std::string(key), std::move(text));
  }
}

Told told(const outcome::Answer& answer, int entry) {
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
    trees.push_back({{"body", step.body}, {"headers", step.headers}});
    out.steps.emplace_back(step.held_in_head ? step.released : step.sent, step.answered);
    if (i + 1 < answer.steps.size() && !step.safe) out.removable = false;
    add_names(step.bindings, "step" + std::to_string(i + 1) + ".", out.names);
  }
  out.tree = std::move(trees);
  add_names(answer.bindings, "", out.names);
  // What was not answered may still land.
  if (answer.last_status() == 0 && !answer.stopped()) out.ends = base::Nanoseconds::max();
  return out;
}

Seen seen(const outcome::State& state) {
  Seen out;
  json::object tree;
  for (const outcome::Read& read : state) {
    out.statuses.push_back(read.status);
    tree[read.name] = json::object{{"body", read.body}, {"headers", read.headers}};
  }
  out.tree = std::move(tree);
  return out;
}

/// A mask is a path with [] for every element, [1] for one. Deletes what it names below `value`.
void erase(json::value& value, const std::vector<std::string>& path, std::size_t at) {
  if (at == path.size()) return;
  if (path[at].starts_with('[')) {
    auto* array = value.if_array();
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
      if (path[at] == "[]" || path[at] == "[" + std::to_string(i) + "]")
        erase((*array)[i], path, at + 1);
    return;
  }
  if (auto* object = value.if_object()) {
    if (at + 1 == path.size()) {
      object->erase(path[at]);
    } else if (auto* member = object->if_contains(path[at])) {
      erase(*member, path, at + 1);
    }
  }
}

/// ".after.order.body.items[].at" -> after order body items [] at. Names may be quoted.
std::vector<std::string> split_mask(std::string_view text) {
  std::vector<std::string> path;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '[') {
      const std::size_t end = std::min(text.find(']', i), text.size() - 1) + 1;
      path.emplace_back(text.substr(i, end - i));
      i = end;
    } else if (text[i] == '.') {
      ++i;
    } else if (text[i] == '"') {
      const std::size_t end = std::min(text.find('"', i + 1), text.size());
      path.emplace_back(text.substr(i + 1, end - i - 1));
      i = end + 1;
    } else {
      const std::size_t end = std::min(text.find_first_of(".[", i), text.size());
      path.emplace_back(text.substr(i, end - i));
      i = end;
    }
  }
  return path;
}

void mask_read(outcome::Read& read, const std::vector<std::string>& path, std::size_t at) {
  if (at >= path.size()) return;
  if (path[at] == "body") {
    if (at + 1 == path.size())
      read.body = nullptr;
    else
      erase(read.body, path, at + 1);
  }
  if (path[at] == "headers" && at + 1 < path.size()) read.headers.erase(path[at + 1]);
}

void mask_answer(outcome::Answer& answer, const std::vector<std::string>& path, std::size_t at) {
  // .answers.NAME.steps[1].body.x or .answers.NAME.steps[].body.x; the split leaves "[]" or "[1]"
  // behind "steps".
  if (at + 2 >= path.size() || path[at] != "steps") return;
  for (std::size_t i = 0; i < answer.steps.size(); ++i) {
    if (path[at + 1] != "[]" && path[at + 1] != "[" + std::to_string(i) + "]") continue;
    outcome::Step& step = answer.steps[i];
    if (path[at + 2] == "body") {
      if (at + 3 == path.size())
        step.body = nullptr;
      else
        erase(step.body, path, at + 3);
    }
    if (path[at + 2] == "headers" && at + 3 < path.size()) step.headers.erase(path[at + 3]);
  }
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
    reading.told.push_back(told(answer, static_cast<int>(entry)));
  }
  reading.before = seen(outcome.before);
  reading.after = seen(outcome.after);
  if (!outcome.later.empty()) reading.later = seen(outcome.later);
  add_names(outcome.bindings, "", reading.names);
  reading.wall_begin = base::in_seconds(outcome.wall_begin);
  reading.wall_end = base::in_seconds(outcome.wall_end);
  return reading;
}

std::string place_of_script(const scenario::Scenario& scenario, int script) {
  const scenario::Script& s = scenario.race[static_cast<std::size_t>(script)];
  return ".answers." + s.name + (s.times > 1 ? "[]" : "");
}

void apply_mask(outcome::Outcome& outcome, const scenario::Scenario& scenario) {
  for (const scenario::Expression& mask : scenario.mask) {
    const auto path = split_mask(mask.jq);
    if (path.size() < 2) continue;
    if (path[0] == "after" || path[0] == "before")
      for (outcome::State* state : {&outcome.before, &outcome.after, &outcome.later})
        for (outcome::Read& read : *state)
          if (read.name == path[1]) mask_read(read, path, 2);
    if (path[0] == "answers")
      for (outcome::Answer& answer : outcome.answers)
        if (scenario.race[static_cast<std::size_t>(answer.entry.script)].name == path[1])
          mask_answer(answer, path, path.size() > 2 && path[2] == "[]" ? 3 : 2);
  }
}

}  // namespace oracle
