#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

/// JSON as Python's json module reads and writes it, because clients of the Django API see its
/// messages, and its str() in what was stored.
namespace dialect {

/// How deep a text may nest. (Python gives up near 1000, with an unhandled exception.)
inline constexpr std::size_t default_json_depth = 200;

/// Parses UTF-8 text. The error is Python's message: "Expecting value: line 1 column 2 (char 1)".
/// Lone surrogates (\ud800) are kept, as three bytes each; integers beyond 64 bits, with a sign or
/// without, become doubles.
[[nodiscard]] base::Result<json::value, std::string> read_json(
    std::string_view text, std::size_t max_depth = default_json_depth);

/// As DRF's JSONRenderer writes: UTF-8 unescaped, but for U+2028 and U+2029. Compact, or indented
/// by `indent` blanks.
[[nodiscard]] std::string write_json(const json::value& value, std::size_t indent = 0);

/// Appends `text` to `out` as write_json writes a string.
void append_json(std::string_view text, std::string& out);

/// Python's str(value): True, None, 1.5, {'a': 'b'}; strings as they are.
[[nodiscard]] std::string python_str(const json::value& value);

/// Python's name of the type: dict, list, str, int, float, bool, NoneType.
[[nodiscard]] std::string_view python_type(const json::value& value);

}  // namespace dialect
