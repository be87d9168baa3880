#pragma once

#include "finding/evidence.h"
#include "record/record.h"

namespace finding {

/// What the evidence comes to (doc/verdicts.md): sets verdict, ending and exit code of the record,
/// and its finding, or, where there is no verdict, the reasons, what to do next, and what to mask.
void give_verdict(const Evidence& evidence, record::Record& record);

}  // namespace finding
