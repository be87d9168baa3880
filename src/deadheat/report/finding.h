#pragma once

#include <string>
#include <vector>

#include "record/record.h"
#include "report/outline.h"
#include "report/words.h"

/// What is said of a finding. An empty text: there is nothing to say.
namespace report {

[[nodiscard]] std::string title_of(const record::Finding& finding, const Words& words);

/// Who was told what, and what is true now: "Kim asked “cancel it!” and got 200 (ok); ...
/// Afterwards order .status is "open"."
[[nodiscard]] std::string headline_of(const record::Finding& finding, const Words& words);

/// "stale answer (CWE-362): Ben got ...".
[[nodiscard]] std::string in_brief(const record::Finding& finding, const Words& words);

/// Why no order explains it.
[[nodiscard]] std::string why(const record::Finding& finding, const Words& words);

/// "when accept arrives 5.5 to 7.0 ms after cancel: 35 of 40 attempts; with any other lag 0 of 62".
/// Empty where no other lag was tried: there is no window to speak of then.
[[nodiscard]] std::string hit_window(const record::Finding& finding, const record::Record& record,
                                     const Words& words);

/// The sections on the first finding, the one that gives the verdict, and the others in brief.
[[nodiscard]] std::vector<Section> findings(const record::Record& record, const Words& words,
                                            const Detail& detail);

}  // namespace report
