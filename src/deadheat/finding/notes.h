#pragma once

#include <vector>

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// What is worth knowing of attempts that are no finding, of refusals, sinks and errors.
[[nodiscard]] std::vector<record::Remark> notes(const Evidence& evidence,
                                                const record::Tried& tried);

}  // namespace finding
