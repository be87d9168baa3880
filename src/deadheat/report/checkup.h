#pragma once

#include <string>

#include "record/checkup.h"
#include "report/terminal.h"

namespace report {

/// What `deadheat doctor` prints: the planted windows, and what limits this machine.
[[nodiscard]] std::string terminal(const record::Checkup& checkup, const Look& look);

}  // namespace report
