#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// Appends the UTF-8 of `code_point`; surrogates too (WTF-8), so that validation can name them.
void append_utf8(std::string& out, std::uint32_t code_point);

/// How many code points there are in the text.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// str.isspace() and str.strip() of Python.
[[nodiscard]] bool is_blank(std::uint32_t code_point);
[[nodiscard]] std::string_view strip(std::string_view text);

/// Takes the first code point off `text`, which is not empty. A stray byte counts as itself.
std::uint32_t take_code_point(std::string_view& text);

}  // namespace dialect
