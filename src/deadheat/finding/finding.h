#pragma once

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// The finding that an attempt makes: its kind, why no order explains it, the comparison with each
/// order, what happened in it, how often it hits and when.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const trial::Attempt& attempt);

/// The finding of a server error or missing answer that only contention brings forth.
[[nodiscard]] record::Finding explain(const Evidence& evidence,
                                      const trial::Ledger::ContentionError& error);

/// What a rule that breaks serially looks like.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const trial::SerialBreak& broken);

}  // namespace finding
