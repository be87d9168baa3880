#pragma once

#include <string>

#include "record/record.h"
#include "report/language.h"

namespace report {

/// The report as one page of HTML: no script, nothing from elsewhere, light or dark as its reader
/// has it. Nothing that came from the target is markup in it. Pure: a record gives a text.
[[nodiscard]] std::string html(const record::Record& record, Language language);

}  // namespace report
