#pragma once

#include "record/record.h"
#include "schedule/schedule.h"

namespace finding {

/// A schedule as the record has it: the same members.
[[nodiscard]] record::Schedule schedule_of(const schedule::Schedule& schedule);

}  // namespace finding
