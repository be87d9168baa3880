#pragma once

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// What the serial runs have taught: each order with what it comes to, and what changes by itself.
[[nodiscard]] record::Learnt what_was_learnt(const Evidence& evidence);

}  // namespace finding
