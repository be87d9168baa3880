#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace json = boost::json;

namespace base {

struct JsonError {
  std::size_t offset = 0;  // of the first byte that does not fit
  std::string message;     // "expected ',' or '}'", or what limit was reached
};

/// Parses one JSON text. Nesting deeper than `max_depth` is an error. Numbers keep their kind
/// (1 is an integer, 1.0 a double); of duplicate keys the last one wins.
[[nodiscard]] Result<json::value, JsonError> parse_json(std::string_view text,
                                                        std::size_t max_depth = 128);

/// One line, keys in their order.
[[nodiscard]] std::string to_text(const json::value& value);

/// Indented by two blanks, for files that people read; an array of numbers stands in one line.
[[nodiscard]] std::string to_pretty_text(const json::value& value);

}  // namespace base
