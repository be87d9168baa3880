#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dialect/body.h"
#include "frame/problem.h"
#include "order/order.h"

namespace views {

/// One field of an order, as clients see it: validation, OPTIONS and documents read this.
struct FieldRule {
  enum class Kind { text, integer, status, read_only_integer, read_only_time };
  std::string_view name;
  std::string_view label;
  Kind kind = Kind::text;
  bool required = false;
  std::size_t max_length = 0;  // code points
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  /// Django leaves this minimum to a CHECK of the table, and fails with a 500 there, unless columns
  /// of its database have a range. Here it is validated like any other, but OPTIONS tells of it
  /// only where Django's does.
  bool min_is_of_table = false;
  std::string_view help_text;
  std::optional<std::string> order::Changes::*text = nullptr;
  std::optional<std::int64_t> order::Changes::*integer = nullptr;

  [[nodiscard]] bool read_only() const {
    return kind == Kind::read_only_integer || kind == Kind::read_only_time;
  }
};

/// In the order in which an order shows them.
[[nodiscard]] std::span<const FieldRule> field_rules();

/// The valid fields of a request.
struct Fields {
  order::Changes changes;
  std::optional<std::string> status;  // a name of OrderStatus
};

/// Validates as DRF's ModelSerializer does, message by message; unknown and read-only fields are
/// passed over. `partial`: what is not given is not missing (PATCH). `column_max`: as in
/// ServiceOptions.
[[nodiscard]] base::Result<Fields, frame::Problem> validate(
    const dialect::Body& body, bool partial,
    dialect::Language language = dialect::Language::english,
    std::optional<std::int64_t> column_max = std::nullopt);

/// For a body that should have been an object.
[[nodiscard]] frame::Problem not_an_object(const dialect::Body& body, dialect::Language language);

}  // namespace views
