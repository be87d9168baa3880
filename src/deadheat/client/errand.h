#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "expression/expression.h"
#include "outcome/outcome.h"
#include "scenario/scenario.h"

namespace client {

/// What a request outside the race is for, and how much of its answer matters.
struct Errand {
  std::string role;            // "reset", "observe order"
  std::string script = role;   // for X-Deadheat, in place of a script: "observe"
  bool needs_success = false;  // any 2xx, where the scenario does not say otherwise
  base::Nanoseconds timeout{0};
  bool interruptible = true;
  std::string actor = {};  // who logs in: its headers are not sent, its cookies are
};

/// Whether the answer is what the request expects: nullopt, or what was found and what was
/// expected. `request_line` is what was sent, for people. What a login answers is a secret, and not
/// shown.
[[nodiscard]] std::optional<outcome::Failure> judge(const expression::Evaluate& evaluate,
                                                    const scenario::Request& request,
                                                    const std::string& request_line,
                                                    const json::value& seen, const Errand& errand);

/// What the request captures from its answer, into `bindings`. A capture that finds nothing is a
/// failure.
[[nodiscard]] std::optional<outcome::Failure> capture(const expression::Evaluate& evaluate,
                                                      const scenario::Request& request,
                                                      const json::value& seen, const Errand& errand,
                                                      json::object& bindings);

}  // namespace client
