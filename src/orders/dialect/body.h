#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dialect/python_json.h"
#include "frame/problem.h"
#include "http/message.h"

namespace service {

/// What a request brings, whatever it was written in.
struct Body {
  json::value data = json::object{};
  bool form = false;  // from a form: all values are text, and an empty one may mean "not given"
};

inline constexpr std::array<std::string_view, 3> parsed_types = {
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data"};

/// By Content-Type: 415 for others than `parsed_types`, 400 for a body that is not what it says. No
/// body at all is an empty object, whatever the type.
/// In the charset that Content-Type names.
[[nodiscard]] base::Result<Body, Problem> read_body(const http::Request& request,
                                                    Language language = Language::english,
                                                    std::size_t max_depth = default_json_depth);

}  // namespace service
