#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialect {

/// What a URL says behind its question mark, decoded, in the order of the text; nothing at all if
/// it has more than `max_form_fields`.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);

  /// Whether it has too many fields to be read.
  [[nodiscard]] bool is_too_long() const { return is_too_long_; }
  /// The last value of that name; empty if there is none.
  [[nodiscard]] std::string_view value(std::string_view name) const;

  [[nodiscard]] bool has(std::string_view name) const;
  /// A name that is none of `known`; nothing if there is none.
  [[nodiscard]] std::optional<std::string_view> unknown(
      const std::vector<std::string_view>& known) const;

  /// This query as text, its names sorted, with `value` for `name`, or without it. As DRF writes
  /// the links of its pages: "?a=x+y&page=2", or nothing at all.
  [[nodiscard]] std::string with(std::string_view name, std::optional<std::string> value) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
  bool is_too_long_ = false;
};

}  // namespace dialect
