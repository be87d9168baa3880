#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "record/record.h"

/// What the machine says about how much a verdict is worth. Pure.
namespace finding {

/// With what the processors did during the run. Where hardly any time of one was left, a verdict
/// that rests on what was not seen says so.
[[nodiscard]] record::Record with_load(record::Record record, const record::Load& load);

/// With planted race windows of known width, raced on this machine just now, or why they could not
/// be: what is said of a window that was not seen is worth what a known one takes to be seen.
[[nodiscard]] record::Record with_self_check(
    record::Record record, base::Result<std::vector<record::Planted>, std::string> planted);

/// Of a run that was interrupted after its verdict stood: while the machine was looked at.
[[nodiscard]] record::Record interrupted(record::Record record);

}  // namespace finding
