#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "client/context.h"
#include "client/session.h"
#include "expression/expression.h"
#include "outcome/outcome.h"
#include "scenario/scenario.h"
#include "sink/sinks.h"

namespace race {

/// What all lanes of a run share. Borrowed by players; outlives them.
struct Course {
  const scenario::Scenario& scenario;
  expression::Evaluate evaluate;
  const base::Clock& clock;
  std::string run;                   // {{$run}} and the X-Deadheat header
  json::object bindings;             // what `setup` captured
  client::Sessions sessions = {};    // as `login` and `setup` left them
  std::atomic<int> next_attempt{0};  // {{$attempt}}, from 1: never the same twice in a run
  /// Waits end within 50 ms, what is in flight is given up, and every outcome from then on is a
  /// failure.
  std::atomic<bool> stop{false};
  /// The user wants no more. Never cleared.
  std::atomic<bool> interrupt_wanted{false};
  std::mutex opening{};          // held while a gate opens: one at a time
  sink::Sinks* sinks = nullptr;  // where the scenario has some

  [[nodiscard]] client::Context context() const { return {scenario, evaluate, clock, run, stop}; }

  /// From any thread, or a signal handler. In this order, so that whoever clears `stop` and then
  /// looks at the other never loses it.
  void interrupt() {
    interrupt_wanted = true;
    stop = true;
  }

  /// Of whatever belongs to no attempt: what `setup` captured, and {{$run}}.
  [[nodiscard]] json::object all_bindings() const {
    json::object all = bindings;
    all["$run"] = run;
    return all;
  }

  [[nodiscard]] std::optional<outcome::Failure> interrupted() const {
    if (!stop) return std::nullopt;
    return outcome::Failure{.kind = outcome::Failure::Kind::no_answer, .message = "interrupted"};
  }
};

}  // namespace race
