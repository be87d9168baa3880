#include "race/settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/seen.h"

namespace race {
namespace {

using base::Nanoseconds;
using outcome::Failure;
using outcome::Pace;
using outcome::State;

/// When the state is read again while its settling is learnt, after the last answer.
constexpr Nanoseconds looks[] = {std::chrono::milliseconds(50), std::chrono::milliseconds(200)};

bool same(const State& a, const State& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const outcome::Read& x, const outcome::Read& y) {
                      return x.status == y.status && x.body == y.body && x.headers == y.headers;
                    });
}

class Settling {
 public:
  Settling(Lane& lane, client::Sessions& sessions, const Pace& pace, outcome::Outcome& outcome)
      : course_(lane.course),
        client_(lane.client),
        sessions_(sessions),
        pace_(pace),
        outcome_(outcome) {}

  /// After a suffix that may have changed something the state has to settle once more.
  std::optional<Failure> observe() {
    const auto& suffix = course_.scenario.suffix;
    const bool changes = !std::all_of(suffix.begin(), suffix.end(), scenario::is_safe);
    const bool learns = pace_.learn_settling;
    if (suffix.empty()) return observe(learns, pace_.settle, outcome_.before);
    std::optional<Failure> failure;
    if (learns)
      failure = observe(learns, pace_.settle, outcome_.before);
    else
      pause(pace_.settle);
    if (!failure) failure = play_suffix();
    if (failure) return failure;
    return observe(learns && changes, changes ? pace_.settle : Nanoseconds(0), outcome_.after);
  }

  std::optional<Failure> look_again() {
    if (pace_.look_again <= Nanoseconds(0)) return std::nullopt;
    pause(pace_.look_again);
    auto state = state_now();
    if (!state) return state.error();
    outcome_.later = std::move(*state);
    return std::nullopt;
  }

 private:
  void pause(Nanoseconds time) const { client_.context().pause(time); }

  std::optional<Failure> observe(bool learns, Nanoseconds wait, const State& old) {
    if (!learns) pause(wait);
    auto state = learns ? settled_state(old) : state_now();
    if (!state) return state.error();
    outcome_.after = std::move(*state);
    return std::nullopt;
  }

  /// What the observing reads return, and then what the sinks were called with.
  base::Result<State, Failure> state_now() {
    auto state = client_.observe(outcome_.bindings, sessions_, pace_.timeout);
    if (!state || course_.sinks == nullptr) return state;
    auto calls = course_.sinks->calls(outcome_.number);
    if (!calls) return calls;
    std::move(calls->begin(), calls->end(), std::back_inserter(*state));
    return state;
  }

  base::Result<State, Failure> settled_state(const State& old) {
    const Nanoseconds last_answer = course_.clock.now();
    auto state = state_now();
    if (!state) return state;
    Nanoseconds seen_after{0};
    bool agreed = false;
    for (const Nanoseconds look : looks) {
      if (state->empty()) break;
      pause(last_answer + look - course_.clock.now());
      const Nanoseconds asked_after = course_.clock.now() - last_answer;
      auto next = state_now();
      if (!next) return next;
      const bool moved = !same(*state, *next);
      state = std::move(next);
      if (moved) seen_after = asked_after;
      agreed = agreed || !moved;
      // Two reads that agree on the old state may both have come too early; and that it has moved
      // says nothing of a mail that follows.
      const bool may_move = course_.sinks != nullptr || same(*state, old);
      if (!moved && !may_move) break;
    }
    // What differs in every read is a clock, not a state on its way.
    if (agreed) outcome_.settled_after = std::max(outcome_.settled_after, seen_after);
    return state;
  }

  /// What a suffix captures stays in the suffix: it stands in the very answers that are compared.
  std::optional<Failure> play_suffix() {
    json::object bindings = outcome_.bindings;
    bool lost_capture = false;
    for (const scenario::Request& request : course_.scenario.suffix) {
      const std::string name = fmt::format("suffix {}", outcome_.suffix.size() + 1);
      const auto seen = client_.ask(request, bindings, sessions_,
                                    {.role = name, .script = "suffix", .timeout = pace_.timeout});
      // A 500 has no id to capture. That is an answer of the target, not a fault of the scenario.
      const bool unfilled = !seen && lost_capture && seen.error().kind == Failure::Kind::expression;
      if (!seen && !unfilled) return seen.error();
      if (unfilled) {
        outcome_.suffix.push_back({.name = name, .error = seen.error().message});
        continue;
      }
      outcome_.suffix.push_back(client::as_read(name, course_.scenario, *seen));
      lost_capture = !capture(request, *seen, bindings) || lost_capture;
    }
    return std::nullopt;
  }

  /// False if one finds nothing: what needs it cannot be filled any more.
  bool capture(const scenario::Request& request, const json::value& seen, json::object& bindings) {
    bool all = true;
    for (const scenario::Capture& wanted : request.captures) {
      const auto value = course_.evaluate(wanted.from.jq, seen);
      if (value && !value->is_null()) {
        bindings[wanted.name] = *value;
      } else {
        bindings.erase(wanted.name);
        all = false;
      }
    }
    return all;
  }

  Course& course_;
  client::Client& client_;
  client::Sessions& sessions_;
  const Pace& pace_;
  outcome::Outcome& outcome_;
};

}  // namespace

std::optional<Failure> settle(Lane& lane, client::Sessions& sessions, const Pace& pace,
                              outcome::Outcome& outcome) {
  Settling settling(lane, sessions, pace, outcome);
  if (auto failure = settling.observe()) return failure;
  return settling.look_again();
}

}  // namespace race
