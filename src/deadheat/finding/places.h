#pragma once

#include <string>

/// Places of an outcome, as patterns write them (".after.order.body.items[0].at"), in the words of
/// others.
namespace finding {

/// As people read it: "state order .items[0].at".
[[nodiscard]] std::string readable_place(const std::string& place);

/// As `mask:` spells it: `.after."suffix 2".body.id` is `.suffix[1].body.id`.
[[nodiscard]] std::string mask_of(std::string place);

/// ".after.payments" is a sink's, and so is what begins with ".after.payments[".
[[nodiscard]] bool is_of_sink(const std::string& place);

}  // namespace finding
