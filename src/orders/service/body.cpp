#include "service/body.h"

#include <fmt/format.h>

#include "service/form.h"
#include "service/negotiation.h"
#include "service/python_json.h"

namespace service {
namespace {

Problem unreadable(std::string_view what, std::string_view why) {
  return {.status = 400,
          .code = "parse_error",
          .detail = fmt::format("{} parse error - {}", what, why)};
}

base::Result<Body, Problem> form(base::Result<json::object, std::string> fields,
                                 std::string_view what) {
  if (!fields) return base::failure(unreadable(what, fields.error()));
  return Body{.data = *std::move(fields), .form = true};
}

}  // namespace

base::Result<Body, Problem> read_body(const http::Request& request) {
  const std::string_view written = http::find(request.fields, "Content-Type").value_or("");
  const MediaType type = read_media_type(written);
  const bool is_form = type.is(parsed_types[1]) || type.is(parsed_types[2]);
  if (request.body.empty()) return Body{.form = is_form};
  if (type.is("application/json")) {
    auto data = read_json(request.body);
    if (!data) return base::failure(unreadable("JSON", data.error()));
    return Body{.data = *std::move(data)};
  }
  if (type.is("application/x-www-form-urlencoded"))
    return form(read_urlencoded(request.body), "Form");
  if (type.is("multipart/form-data"))
    return form(read_multipart(request.body, type.parameter("boundary")), "Multipart form");
  return base::failure(
      Problem{.status = 415,
              .code = "unsupported_media_type",
              .detail = fmt::format("Unsupported media type \"{}\" in request.", written)});
}

}  // namespace service
