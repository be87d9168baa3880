#include "frame/render.h"

#include <fmt/format.h>

#include <utility>

#include "dialect/python_json.h"
#include "frame/page.h"

namespace frame {
namespace {

struct Description {
  std::string_view name;
  std::string_view text;
};
constexpr Description descriptions[] = {
    {"Order V1", ""},
    {"Order Std", "Plain ModelViewSet: no override."},
    {"Order V2", ""},
    {"Order Lab", "The same API, with changes made in one of several ways."}};

std::string_view name_of(Route::Kind kind) {
  if (kind == Route::Kind::list) return "List";
  return kind == Route::Kind::history ? "History" : "Instance";
}

std::string text_of(Outcome& outcome, bool is_problem, std::size_t indent) {
  if (!outcome)
    return dialect::write_json(
        is_problem ? as_problem_json(outcome.error()) : as_drf(outcome.error()), indent);
  if (outcome->body) return dialect::write_json(*outcome->body, indent);
  return std::move(outcome->written);
}

}  // namespace

Title title_of(const Route& route) {
  if (route.kind == Route::Kind::root)
    return {"Api Root", "The default basic root view for DefaultRouter"};
  const Description& mount = descriptions[static_cast<std::size_t>(route.mount)];
  return {fmt::format("{} {}", mount.name, name_of(route.kind)), mount.text};
}

http::Response render(const Call& call, std::string_view allow, Outcome outcome, bool negotiated) {
  if (!outcome && outcome.error().bare) {
    http::Response bare = bare_page(400, "Bad Request (400)", "");
    bare.fields.push_back({"Vary", "Cookie"});
    return bare;
  }
  const bool is_problem = !outcome && !is_original(call.route.mount);
  const bool is_html = call.rendering.is_html();
  constexpr std::size_t html_indent = 4;
  http::Response response;
  constexpr std::size_t usual_fields = 12;
  response.fields.reserve(usual_fields);
  response.status = outcome ? outcome->status : outcome.error().status;
  std::string text = text_of(outcome, is_problem, is_html ? html_indent : call.rendering.indent);
  // A browser shows nothing for a 204.
  if (is_html && response.status == 204) response.status = 200;
  const bool has_body = response.status != 304;
  if (is_html && has_body)
    response.fields.push_back({"Content-Type", "text/html; charset=utf-8"});
  else if (!text.empty())
    response.fields.push_back(
        {"Content-Type", is_problem ? "application/problem+json" : "application/json"});
  // DRF looks at the session, but only after it has found a renderer.
  const bool looks_at_session = negotiated && is_original(call.route.mount);
  response.fields.push_back({"Vary", looks_at_session ? "Accept, Cookie" : "Accept"});
  response.fields.push_back({"Allow", std::string(allow)});
  if (response.status == 503) response.fields.push_back({"Retry-After", "1"});
  for (const http::Field& field : outcome ? outcome->fields : outcome.error().fields)
    response.fields.push_back(field);
  if (is_html && has_body) {
    const Title title = title_of(call.route);
    response.body = browsable_page({.name = title.name,
                                    .description = title.text,
                                    .method = call.request.method,
                                    .target = call.request.target,
                                    .json = text},
                                   response);
  } else {
    response.body = std::move(text);
  }
  return response;
}

}  // namespace frame
