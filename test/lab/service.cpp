#include "service.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace lab {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

/// What stands for the {...} of the route, if the request is one of it.
std::optional<std::vector<std::string>> match(const Route& route, std::string_view method,
                                              std::span<const std::string_view> segments) {
  const auto blank = route.request.find(' ');
  const auto wanted = segments_of(route.request.substr(blank + 1));
  if (route.request.substr(0, blank) != method || wanted.size() != segments.size()) return {};
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{'))
      parameters.emplace_back(segments[i]);
    else if (wanted[i] != segments[i])
      return {};
  }
  return parameters;
}

Answer handle(const Handler& handler, Database& db, Call call, std::string_view body) {
  if (!body.empty()) {
    auto parsed = base::parse_json(body);
    if (!parsed || !parsed->is_object()) return refuse(400, "the body is no JSON object");
    call.body = std::move(parsed->as_object());
  }
  try {
    return handler(db, call);
  } catch (const NoRow&) {
    return refuse(404, "not found");
  } catch (const BadRequest& error) {
    return refuse(400, error.what());
  } catch (const std::exception&) {
    return refuse(500, "internal error");  // like any framework
  }
}

http::Response response_of(Answer answer) {
  http::Response response{.status = answer.status, .fields = std::move(answer.fields)};
  response.fields.push_back({"Content-Type", "application/json"});
  if (response.status != 204) response.body = base::to_text(answer.body);
  return response;
}

}  // namespace

Service::Service(std::span<const Pattern> patterns, std::span<const Control> controls,
                 const std::filesystem::path& directory)
    : directory_(directory) {
  for (const Pattern& pattern : patterns) {
    const auto add_form = [&](std::string_view form, Handler Variants::*handler) {
      const bool faulty = handler == &Variants::faulty;
      std::vector<Route> routes = pattern.routes;
      for (const Variants& each : pattern.variants) routes.push_back({each.request, each.*handler});
      add(fmt::format("{}/{}", form, pattern.name),
          fmt::format("{};{}", pattern.schema, faulty ? "" : pattern.constraint),
          std::move(routes));
    };
    add_form("faulty", &Variants::faulty);
    add_form("cured", &Variants::cured);
    add_form("refusing", &Variants::refusing);
  }
  for (const Control& control : controls)
    add(fmt::format("control/{}", control.name), control.schema, control.routes);
}

void Service::add(const std::string& prefix, std::string_view schema, std::vector<Route> routes) {
  std::string file = prefix + ".sqlite3";
  std::ranges::replace(file, '/', '-');
  sites_.emplace(prefix,
                 Site{std::move(routes), std::make_unique<Pool>(directory_ / file, schema)});
}

http::Response Service::answer(const http::Request& request) const {
  const auto segments =
      segments_of(std::string_view(request.target).substr(0, request.target.find('?')));
  if (segments.size() < 3) return response_of(refuse(404, "no such path"));
  const auto site = sites_.find(fmt::format("{}/{}", segments[0], segments[1]));
  if (site == sites_.end()) return response_of(refuse(404, "no such form or pattern"));
  const auto rest = std::span(segments).subspan(2);
  for (const Route& route : site->second.routes) {
    auto parameters = match(route, request.method, rest);
    if (!parameters) continue;
    const Pool::Lease lease(*site->second.pool);
    return response_of(handle(route.handler, *lease,
                              {.parameters = *std::move(parameters), .fields = request.fields},
                              request.body));
  }
  return response_of(refuse(404, "no such route"));
}

}  // namespace lab
