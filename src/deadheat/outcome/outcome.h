#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "scenario/scenario.h"

/// What happened in an attempt or in a serial run. Values.
namespace outcome {

/// What came back for one step of a script. Times are monotonic; an interval may be too wide, never
/// too narrow: `sent` is stamped before the first byte leaves, `answered` after the last byte
/// arrived.
struct Step {
  int status = 0;         // 0: no answer
  json::value body;       // a JSON value, or the text; null without an answer
  std::size_t size = 0;   // of the body as it came, in bytes
  json::object headers;   // those that the scenario's `compare:` names, in lower case
  std::string error;      // without an answer: why, such as "timed out after 30 s"
  bool declined = false;  // without an answer: the server said that it did nothing with the request
  bool safe = false;      // the request was GET, HEAD or OPTIONS
  base::Nanoseconds sent{0};
  base::Nanoseconds released{
      0};                     // when its gate opened for it; equals `sent` where nothing was held
  bool held_in_head = false;  // it was held before the end of its head
  base::Nanoseconds answered{0};
  json::object bindings;  // what was bound to the step: captures, $uuid
};

/// The answer of one entry.
struct Answer {
  scenario::Entry entry;
  std::vector<Step> steps;            // those that were sent, in order
  std::optional<int> stopped_before;  // the step (from 0) that `stop_unless` kept it from sending
  bool ok = false;
  bool refused = false;
  bool indeterminate = false;
  json::object bindings;  // its actor's values, $index, and what its steps captured

  /// Real time for "A before B": when the server may have begun with it, and when it was surely
  /// done.
  [[nodiscard]] base::Nanoseconds begins() const;
  [[nodiscard]] base::Nanoseconds ends() const;
  [[nodiscard]] int last_status() const { return steps.empty() ? 0 : steps.back().status; }
  [[nodiscard]] bool stopped() const { return stopped_before.has_value(); }
};

/// What one observing read returned. A 404 is a state too. Or, as if it were read from the sink,
/// what a sink was called with since the reset began.
struct Read {
  std::string name;
  int status = 0;    // 0 for a sink
  json::value body;  // of a sink: its calls as they came: [{method, path, query, headers, body}]
  json::object headers;
  std::string error;
  bool of_sink = false;
  std::vector<base::Nanoseconds> arrived;  // of a sink: when each call did; monotonic
};

using State = std::vector<Read>;  // in the order of Scenario::observe, then of Scenario::sinks

/// Why an outcome could not be had at all. Nothing else in it is to be trusted then.
struct Failure {
  enum class Kind {
    unreachable,  // no connection
    no_answer,    // to a request outside the race: it timed out, or the connection closed
    unexpected,   // an answer outside the race that `expect:` does not allow
    expression,   // a template, capture or condition cannot be computed
  };
  Kind kind = Kind::unreachable;
  std::string message;    // the request, what was found, what was expected
  scenario::Place place;  // of the request or expression in the scenario
};

/// One attempt or serial run: reset, play, settle, observe.
struct Outcome {
  State before;  // without sinks: what a reset brings them is no state that it could restore
  std::vector<Answer>
      answers;   // by entry in an attempt; by turn of first appearance in a serial run
  State suffix;  // the answers to Scenario::suffix, in its order; status 0: it could not be sent
  State after;
  State later;                      // a second look, where one was taken ("again"); else empty
  json::object bindings;            // what setup and reset captured, $run, $attempt
  base::Nanoseconds wall_begin{0};  // since the epoch: what times in answers are measured against
  base::Nanoseconds wall_end{0};
  base::Nanoseconds gate_opened{0};  // monotonic; 0 in a serial run
  base::Nanoseconds settled_after{
      0};               // how long the state still moved after the last answer (serial runs)
  int played_anew = 0;  // so often the server hung up on a kept connection before (serial runs)
  int lane = 0;
  int number = 0;  // {{$attempt}}: from 1, never the same twice in a run
  std::optional<Failure> failure;
};

/// In flight together past the gate: the widest overlap of any two entries is positive.
[[nodiscard]] bool overlapped(const Outcome& attempt);

/// Between the first and the last release of the entries that waited at the gate, offsets included.
[[nodiscard]] base::Nanoseconds release_spread(const Outcome& attempt);

/// Sets ok, refused and indeterminate from the steps, as doc/verdicts.md defines them; `ok_given`
/// and `refused_given` are what the scenario's own expressions said, where it has them.
void classify(Answer& answer, std::optional<bool> ok_given, std::optional<bool> refused_given);

/// What rules, masks and permits see: {before: {NAME: {status, headers, body}}, after: {..., SINK:
/// [...]}, suffix: [...], answers: {SCRIPT: {ok, refused, stopped, steps: [...]}}}, an array of
/// answers where `times` is given; `suffix` where the scenario has one.
[[nodiscard]] json::value as_rules_input(const Outcome& outcome,
                                         const scenario::Scenario& scenario);

}  // namespace outcome
