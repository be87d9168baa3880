#pragma once

#include <optional>

#include "client/session.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "race/lane.h"

namespace race {

/// Reads the state that a round has left, into `outcome.after`: when it no longer moves, or after
/// `pace.settle`. The suffix comes before that, and a second look, into `outcome.later`, behind it.
[[nodiscard]] std::optional<outcome::Failure> settle(Lane& lane, client::Sessions& sessions,
                                                     const outcome::Pace& pace,
                                                     outcome::Outcome& outcome);

}  // namespace race
