#include "scenario/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "expression/expression.h"
#include "scenario/template.h"

namespace scenario {
namespace {

using Names = std::set<std::string, std::less<>>;

/// The place of each name's first capture, for messages.
using Captured = std::map<std::string, Place, std::less<>>;

void add_captures(const Request& request, Names& names) {
  for (const Capture& capture : request.captures) names.insert(capture.name);
}

void note_captures(const std::vector<Request>& requests, Captured& captured) {
  for (const Request& request : requests)
    for (const Capture& capture : request.captures)
      captured.emplace(capture.name, capture.from.place);
}

Captured all_captures(const Scenario& scenario) {
  Captured captured;
  for (const Actor& actor : scenario.actors) note_captures(actor.login, captured);
  note_captures(scenario.setup, captured);
  note_captures(scenario.reset, captured);
  for (const Script& script : scenario.race) note_captures(script.steps, captured);
  note_captures(scenario.suffix, captured);
  note_captures(scenario.cleanup, captured);
  note_captures(scenario.teardown, captured);
  return captured;
}

class Checker {
 public:
  Checker(const Scenario& scenario, Uses& uses, Problems& problems)
      : scenario_(scenario),
        uses_(uses),
        problems_(problems),
        captured_(all_captures(scenario)),
        always_(std::begin(builtin_names), std::end(builtin_names)) {}

  void check() {
    Names after_setup = always_;
    for (const Request& request : scenario_.setup) {
      check_login(request.actor, after_setup);
      check(request, after_setup);
      add_captures(request, after_setup);
    }
    for (const Actor& actor : scenario_.actors) check_login(actor.name, after_setup);
    Names after_reset = after_setup;
    check_in_turn(scenario_.reset, after_reset);
    for (const Script& script : scenario_.race) {
      for (int copy = 0; copy < (several_actors(script) ? script.times : 1); ++copy) {
        Names own = after_reset;
        for (const Request& step : script.steps) {
          check(step, actor_of(scenario_, script, step, copy), own);
          add_captures(step, own);
        }
      }
    }
    Names in_suffix = after_reset;
    check_in_turn(scenario_.suffix, in_suffix);
    for (const Observation& observation : scenario_.observe)
      check(observation.request, after_reset);
    Names in_cleanup = after_reset;
    check_in_turn(scenario_.cleanup, in_cleanup);
    Names in_teardown = after_setup;
    check_in_turn(scenario_.teardown, in_teardown);
  }

 private:
  void check_in_turn(const std::vector<Request>& requests, Names& names) {
    for (const Request& request : requests) {
      check(request, names);
      add_captures(request, names);
    }
  }

  /// Before the actor's first request; its headers are not sent yet.
  void check_login(const std::string& name, Names names) {
    const Actor* actor = find_actor(scenario_, name);
    if (actor == nullptr || logged_in_.contains(name)) return;
    Names& own = logged_in_[name];
    for (const auto& variable : actor->variables) names.emplace(variable.key());
    for (const Request& request : actor->login) {
      check(request, "", names);
      add_captures(request, names);
      add_captures(request, own);
    }
  }

  bool several_actors(const Script& script) const {
    return !script.cast.empty() ||
           std::any_of(script.steps.begin(), script.steps.end(), [&](const Request& step) {
             return count_actors(scenario_, step.actor) > 0;
           });
  }

  void check(const Request& request, const Names& names) { check(request, request.actor, names); }

  void check(const Request& request, const std::string& actor_name, Names names) {
    const Actor* actor = find_actor(scenario_, actor_name);
    if (actor != nullptr)
      for (const auto& variable : actor->variables) names.emplace(variable.key());
    if (actor != nullptr)
      names.insert(logged_in_[actor->name].begin(), logged_in_[actor->name].end());
    for (const Use& use : uses_.of(request)) check(use, names, "");
    if (actor == nullptr) return;
    const std::string by = fmt::format(" for the request in line {}", request.place.line);
    for (const Use& use : uses_.of_actors[actor->name]) check(use, names, by);
  }

  void check(const Use& use, const Names& names, std::string_view by) {
    const bool known = names.contains(use.name);
    if (known && use.lacks_dot)
      problems_.add(use.place, fmt::format("{0} is a value, not a function of jq; write {{{{ .{0} "
                                           "... }}}} to look into it",
                                           use.name));
    if (known || use.lacks_dot) return;
    problems_.add(use.place,
                  fmt::format("nothing binds {{{{{}}}}}{}; {}", use.name, by, advice(use, names)));
  }

  std::string advice(const Use& use, const Names& names) const {
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    if (const std::string_view guess = nearest(use.name, candidates); !guess.empty())
      return fmt::format("did you mean {{{{{}}}}}?", guess);
    if (const auto found = captured_.find(use.name); found != captured_.end())
      return fmt::format("the capture in line {} comes later or belongs to another script",
                         found->second.line);
    return fmt::format("known here: {}", fmt::join(candidates, ", "));
  }

  const Scenario& scenario_;
  Uses& uses_;
  Problems& problems_;
  const Captured captured_;
  const Names always_;
  std::map<std::string, Names> logged_in_;  // what the logins of actors captured
};

std::optional<Use> use_of(const Piece& piece, Place place) {
  if (piece.kind == Piece::Kind::name) return Use{piece.text, place};
  if (piece.kind == Piece::Kind::literal) return std::nullopt;
  const auto path = expression::parse_path(piece.text);
  if (path && !path->empty() && std::holds_alternative<std::string>(path->front()))
    return Use{std::get<std::string>(path->front()), place};
  const std::string head = piece.text.substr(0, piece.text.find_first_of(".["));
  if (head.size() < piece.text.size() && is_name(head)) return Use{head, place, true};
  return std::nullopt;
}

}  // namespace

void collect_uses(const Template& text, std::vector<Use>& uses, Problems& problems) {
  const auto pieces = split(text.text);
  if (!pieces) {
    problems.add(text.place, pieces.error());
    return;
  }
  for (const Piece& piece : *pieces)
    if (auto use = use_of(piece, text.place)) uses.push_back(std::move(*use));
}

void check_names(const Scenario& scenario, Uses uses, Problems& problems) {
  Checker(scenario, uses, problems).check();
}

}  // namespace scenario
