#include "dialect/body.h"

#include <fmt/format.h>

#include "dialect/charset.h"
#include "dialect/form.h"
#include "dialect/negotiation.h"

namespace service {
namespace {

Problem unreadable(std::string_view what, std::string_view why) {
  return {.status = 400,
          .code = "parse_error",
          .detail = fmt::format("{} parse error - {}", what, why)};
}

base::Result<Body, Problem> form(base::Result<json::object, FormError> fields,
                                 std::string_view what) {
  if (fields) return Body{.data = *std::move(fields), .form = true};
  Problem problem = unreadable(what, fields.error().message);
  problem.bare = fields.error().too_many_fields;
  return base::failure(std::move(problem));
}

base::Result<Body, Problem> json_body(std::string_view text, std::size_t max_depth) {
  auto data = read_json(text, max_depth);
  if (!data) return base::failure(unreadable("JSON", data.error()));
  return Body{.data = *std::move(data)};
}

}  // namespace

base::Result<Body, Problem> read_body(const http::Request& request, Language language,
                                      std::size_t max_depth) {
  const std::string_view written = http::find(request.fields, "Content-Type").value_or("");
  const MediaType type = read_media_type(written);
  const bool is_form = type.is(parsed_types[1]) || type.is(parsed_types[2]);
  if (request.body.empty()) return Body{.form = is_form};
  const Charset charset(type.parameter("charset"));
  if (type.is("application/json")) {
    if (charset.is_utf8()) return json_body(request.body, max_depth);
    const auto text = charset.decode(request.body);
    if (text) return json_body(*text, max_depth);
    return base::failure(unreadable(
        "JSON", fmt::format("'{}' codec can't decode the body", type.parameter("charset"))));
  }
  if (type.is("application/x-www-form-urlencoded"))
    return form(read_urlencoded(request.body, charset), "Form");
  if (type.is("multipart/form-data"))
    return form(read_multipart(request.body, type.parameter("boundary"), charset),
                "Multipart form");
  return base::failure(Problem{.status = 415,
                               .code = "unsupported_media_type",
                               .detail = say(Message::unsupported_media_type, language, written)});
}

}  // namespace service
