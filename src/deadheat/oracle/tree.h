#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"

/// Walks through JSON trees. A place is the way to a value from the root of the rules' input, as jq
/// writes it: `.after.order.body.items[3].id`.
namespace oracle {

/// The way to a member: .name, ."content-type".
[[nodiscard]] std::string member_path(std::string_view key);

/// `.after.order.body.items[3]` is also the place `.after.order.body.items[]`.
[[nodiscard]] std::string without_indices(const std::string& place);

/// Every leaf of a tree with its place.
void flatten(const std::string& place, const json::value& value,
             const std::function<void(const std::string&, const json::value&)>& leaf);

}  // namespace oracle
