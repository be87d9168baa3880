#include "dialect/body.h"

#include <fmt/format.h>

#include "dialect/charset.h"
#include "dialect/form.h"
#include "dialect/negotiation.h"

namespace dialect {
namespace {

using Why = Unreadable::Why;

Unreadable malformed(std::string_view what, std::string_view why) {
  return {Why::malformed, fmt::format("{} parse error - {}", what, why)};
}

base::Result<Body, Unreadable> form(base::Result<json::object, FormError> fields,
                                    std::string_view what) {
  if (fields) return Body{.data = *std::move(fields), .form = true};
  Unreadable error = malformed(what, fields.error().message);
  if (fields.error().too_many_fields) error.why = Why::too_many_fields;
  return base::failure(std::move(error));
}

base::Result<Body, Unreadable> json_body(std::string_view text, std::size_t max_depth) {
  auto data = read_json(text, max_depth);
  if (!data) return base::failure(malformed("JSON", data.error()));
  return Body{.data = *std::move(data)};
}

}  // namespace

base::Result<Body, Unreadable> read_body(const http::Request& request, std::size_t max_depth) {
  const std::string_view written = http::find(request.fields, "Content-Type").value_or("");
  const MediaType type = read_media_type(written);
  const bool is_form = type.is(parsed_types[1]) || type.is(parsed_types[2]);
  if (request.body.empty()) return Body{.form = is_form};
  const Charset charset(type.parameter("charset"));
  if (type.is("application/json")) {
    if (charset.is_utf8()) return json_body(request.body, max_depth);
    const auto text = charset.decode(request.body);
    if (text) return json_body(*text, max_depth);
    return base::failure(malformed(
        "JSON", fmt::format("'{}' codec can't decode the body", type.parameter("charset"))));
  }
  if (type.is("application/x-www-form-urlencoded"))
    return form(read_urlencoded(request.body, charset), "Form");
  if (type.is("multipart/form-data"))
    return form(read_multipart(request.body, type.parameter("boundary"), charset),
                "Multipart form");
  return base::failure(Unreadable{Why::unsupported_type, std::string(written)});
}

}  // namespace dialect
