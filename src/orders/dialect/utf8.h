#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What Python makes of UTF-8 and base does not tell: why a text is none, and what is blank.
namespace dialect {

/// Where a text stops being UTF-8, told as Python's codec tells it.
struct Utf8Error {
  std::size_t position = 0;  // in bytes
  std::size_t length = 1;    // bytes that belong together
  std::string_view reason;   // "invalid start byte", ...
};

/// Surrogates are not UTF-8.
[[nodiscard]] std::optional<Utf8Error> find_invalid_utf8(std::string_view text);

/// `text` with U+FFFD for each part that is not UTF-8.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

/// The surrogates in a text of UTF-8 that has some, as read_json() keeps them: three bytes each.
[[nodiscard]] std::vector<char32_t> surrogates_in(std::string_view text);

/// str.isspace() and str.strip() of Python.
[[nodiscard]] bool is_blank(char32_t code_point);
[[nodiscard]] std::string_view strip(std::string_view text);

}  // namespace dialect
