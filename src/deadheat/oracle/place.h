#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "record/facts.h"

/// What a place (tree.h) is to others. The way to it is read here, and nowhere else: keys are
/// quoted in it, so nothing that a target calls its members can be taken for a part of the way.
namespace oracle {

/// The place that a way leads to:
///
///     .after.order.body.items[3].at        read `order`, body, /items/3/at
///     .after."suffix 2".status             the second request after the race, its status
///     .after.pay[0].body.amount            calls of the sink `pay`, /0/body/amount
///     .answers.redeem[].steps[1].body.id   any copy of `redeem`, step 2, body, /id
///     .answers.cancel.steps[].status       the statuses of all steps of `cancel`
///     .after[].status                      of all reads
///
/// `.before` is the state, too. Below the part [] is "-", any element, and .* is "*", any key.
[[nodiscard]] record::Place place_of(std::string_view way);

/// A member as a JSON Pointer from its object: "/a~1b" for the key "a/b".
[[nodiscard]] std::string pointer_to(std::string_view key);

/// The way as `mask:` spells it: `.after."suffix 2".body.id` is `.suffix[1].body.id`, and [] stands
/// for any key. Nothing where a status is, or all calls of a sink: these cannot be masked.
[[nodiscard]] std::optional<std::string> mask_of(std::string_view way);

/// The ways to what is compared as a whole: the statuses of a script's steps, of a read, of all
/// reads.
[[nodiscard]] std::string way_to_statuses(const std::string& script);
[[nodiscard]] std::string way_to_status(std::string_view read);
[[nodiscard]] std::string way_to_all_statuses(const std::string& state);

}  // namespace oracle
