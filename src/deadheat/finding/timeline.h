#pragma once

#include <string>

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// What happened in one attempt or serial run, from its first request on: every script step by
/// step, and the calls to sinks.
void set_timeline(record::Finding& finding, const Evidence& evidence,
                  const outcome::Outcome& outcome);

/// "PUT /orders/8/", as the answer's step from 0 was sent.
[[nodiscard]] std::string request_text(const scenario::Scenario& scenario,
                                       const expression::Evaluate& evaluate,
                                       const outcome::Outcome& outcome,
                                       const outcome::Answer& answer, std::size_t step);

}  // namespace finding
