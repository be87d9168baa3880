#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "outcome/outcome.h"
#include "record/facts.h"
#include "scenario/scenario.h"

/// An outcome as the oracle reads it: what is structure and never varies, what may vary, and what
/// the tool itself put in.
namespace oracle {

/// What two runs of one order must agree in to the letter.
struct Signature {
  std::vector<int> statuses;  // of each step that was sent; 0: no answer
  int stopped = -1;           // the step that was not sent any more; -1: none
  bool ok = false;
  auto operator<=>(const Signature&) const = default;
};

/// Its statuses and where it stopped, without `ok`.
[[nodiscard]] record::Value value_of(const Signature& signature);

/// Names and the texts that the tool put in for them: captures, {{$uuid}}, {{$index}}, actor data.
using Names = std::vector<std::pair<std::string, std::string>>;

/// One script's answer.
struct Told {
  int entry = 0;
  int script = 0;  // scripts of one `times:` block are interchangeable: one class
  Signature signature;
  json::value tree;  // [{body, headers}] for each step
  Names names;       // its own
  bool refused = false;
  bool indeterminate = false;
  bool removable = false;  // all its requests but the last were safe: taking it out is fair
  base::Nanoseconds begins{0};
  base::Nanoseconds ends{0};
  std::vector<std::pair<base::Nanoseconds, base::Nanoseconds>>
      steps;               // when each request may have taken place
  std::vector<bool> safe;  // whether it was GET, HEAD or OPTIONS
};

/// What the observing reads returned.
struct Seen {
  std::vector<int> statuses;  // of the reads; sinks have none
  json::value tree;           // {name: {body, headers}, sink: [calls]}
};

struct Reading {
  std::vector<Told> told;  // by role in a serial run, by entry in an attempt
  Seen before;
  Seen after;
  std::optional<Seen> later;
  Names names;            // of the whole attempt
  double wall_begin = 0;  // seconds since the epoch
  double wall_end = 0;
};

[[nodiscard]] Reading read(const outcome::Outcome& outcome, const scenario::Scenario& scenario);

/// The place of a script's answer, or of the state, as a path into the rules' input:
/// ".answers.cancel", ".answers.redeem[]", ".after". Places are what the report and `mask:` speak
/// of.
[[nodiscard]] std::string place_of_script(const scenario::Scenario& scenario, int script);

}  // namespace oracle
