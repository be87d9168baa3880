#pragma once

#include <string>

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// The finding that an attempt makes: kind, who was told what, why no order explains it, the
/// comparison with each order.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const trial::Attempt& attempt);

/// The finding of a server error or missing answer that only contention brings forth.
[[nodiscard]] record::Finding explain(const Evidence& evidence,
                                      const trial::Ledger::ContentionError& error);

/// What a rule that breaks serially looks like.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const trial::SerialBreak& broken);

/// "PUT /orders/8/", as the answer's step from 0 was sent.
[[nodiscard]] std::string request_text(const scenario::Scenario& scenario,
                                       const expression::Evaluate& evaluate,
                                       const outcome::Outcome& outcome,
                                       const outcome::Answer& answer, std::size_t step);

}  // namespace finding
