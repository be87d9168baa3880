#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dialect/python_json.h"
#include "http/message.h"

namespace dialect {

/// What a request brings, whatever it was written in.
struct Body {
  json::value data = json::object{};
  bool form = false;  // from a form: all values are text, and an empty one may mean "not given"
};

inline constexpr std::array<std::string_view, 3> parsed_types = {
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data"};

/// Why a body cannot be read.
struct Unreadable {
  enum class Why { malformed, too_many_fields, unsupported_type };
  Why why = Why::malformed;
  /// In the words of the parser: "JSON parse error - Expecting value: line 1 column 1 (char 0)"; of
  /// a type that is none of `parsed_types`, the Content-Type as it was written.
  std::string detail;
};

/// By Content-Type, in the charset that it names. No body at all is an empty object, whatever the
/// type.
[[nodiscard]] base::Result<Body, Unreadable> read_body(const http::Request& request,
                                                       std::size_t max_depth = default_json_depth);

}  // namespace dialect
