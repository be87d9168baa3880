#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace service {

/// How many fields a form may have; Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
inline constexpr std::size_t max_form_fields = 1000;

/// %41 is A; a % that begins no such thing stands for itself.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_blank = false);

/// application/x-www-form-urlencoded. Values are strings; of repeated keys the last one wins, as it
/// does in request.data. The error is a message.
[[nodiscard]] base::Result<json::object, std::string> read_urlencoded(std::string_view body);

/// multipart/form-data (RFC 7578). A file becomes an object with its name: no field takes one.
[[nodiscard]] base::Result<json::object, std::string> read_multipart(std::string_view body,
                                                                     std::string_view boundary);

}  // namespace service
