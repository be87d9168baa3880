#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "dialect/charset.h"

namespace dialect {

/// How many fields a form may have; Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
inline constexpr std::size_t max_form_fields = 1000;

/// %41 is A; a % that begins no such thing stands for itself.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_blank = false);

/// Why a form cannot be read.
struct FormError {
  std::string message;
  bool too_many_fields = false;
};

/// "a=1&b=2", decoded, in order.
[[nodiscard]] base::Result<std::vector<std::pair<std::string, std::string>>, FormError>
urlencoded_pairs(std::string_view text, const Charset& charset = Charset("utf-8"));

/// application/x-www-form-urlencoded. Values are strings; of repeated keys the last one wins, as it
/// does in request.data.
[[nodiscard]] base::Result<json::object, FormError> read_urlencoded(
    std::string_view body, const Charset& charset = Charset("utf-8"));

/// multipart/form-data (RFC 7578). A file becomes an object with its name: no field takes one.
[[nodiscard]] base::Result<json::object, FormError> read_multipart(
    std::string_view body, std::string_view boundary, const Charset& charset = Charset("utf-8"));

}  // namespace dialect
