#pragma once

#include <string>
#include <utility>
#include <vector>

#include "record/record.h"

/// Records for the tests of this room: each verdict once, and the shapes that are hard to draw.
namespace sample {

[[nodiscard]] record::Record race();          // a lost update, labels in Korean
[[nodiscard]] record::Record across();        // check-then-act across requests, no state lost
[[nodiscard]] record::Record broken();        // fails one at a time, too
[[nodiscard]] record::Record inconclusive();  // no baseline, with a mask
[[nodiscard]] record::Record clean();
[[nodiscard]] record::Record coupon();  // 20 parts of one request

/// The record with `text` for whatever may come from a target, a scenario or the system.
[[nodiscard]] record::Record with_every_text(record::Record record, const std::string& text);

/// All of them, with their names.
[[nodiscard]] std::vector<std::pair<const char*, record::Record>> all();

}  // namespace sample
