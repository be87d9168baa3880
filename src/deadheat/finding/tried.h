#pragma once

#include <vector>

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// What the attempts were, and what came of them, in numbers.
[[nodiscard]] record::Tried what_was_tried(const Evidence& evidence);

/// One by one. Of very many those that hit, and of the others the first: as many as the file has
/// room for.
[[nodiscard]] std::vector<record::Attempt> attempts_in_turn(const Evidence& evidence);

}  // namespace finding
