#include "race/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/version.h"
#include "scenario/fill.h"

namespace race {
namespace {

bool breaks_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

/// A line break in a captured value must not become a field, or a request, of its own.
bool breaks_the_head(const http::Request& request) {
  return breaks_a_line(request.method) || breaks_a_line(request.target) ||
         std::any_of(request.fields.begin(), request.fields.end(), [](const http::Field& field) {
           return breaks_a_line(field.name) || breaks_a_line(field.value);
         });
}

void give(http::Fields& fields, std::string_view name, std::string value) {
  if (!http::find(fields, name)) fields.push_back({std::string(name), std::move(value)});
}

/// A file that the scenario names stands beside it, unless the path says otherwise.
std::string beside(const std::string& scenario_file, const std::string& file) {
  if (file.empty() || file.starts_with('/')) return file;
  const std::size_t slash = scenario_file.rfind('/');
  return slash == std::string::npos ? file : scenario_file.substr(0, slash + 1) + file;
}

std::vector<std::string> offered(scenario::Http version) {
  if (version == scenario::Http::version_1) return {"http/1.1"};
  if (version == scenario::Http::version_2) return {"h2"};
  return {"h2", "http/1.1"};
}

Way::Speaks spoken(scenario::Http version, bool secure) {
  if (version == scenario::Http::version_2) return Way::Speaks::http2;
  const bool can_agree = secure && version == scenario::Http::automatic;
  return can_agree ? Way::Speaks::as_agreed : Way::Speaks::http1;
}

base::Result<std::unique_ptr<net::Tls>, outcome::Failure> make_tls(
    const scenario::Scenario& scenario, const std::string& host) {
  const scenario::Tls& given = scenario.tls;
  auto tls = net::Tls::make({.verify = given.verify,
                             .ca_file = beside(scenario.file, given.ca),
                             .certificate_file = beside(scenario.file, given.certificate),
                             .key_file = beside(scenario.file, given.key),
                             .server_name = given.server_name.empty() ? host : given.server_name,
                             .protocols = offered(scenario.run.http)});
  if (!tls)
    return base::failure(outcome::Failure{
        .kind = outcome::Failure::Kind::unexpected, .message = tls.error(), .place = given.place});
  return std::move(*tls);
}

base::Result<Target, outcome::Failure> look_up(const std::string& base,
                                               const scenario::Scenario& scenario) {
  const auto endpoint = net::parse_endpoint(base);
  if (!endpoint) return base::failure(outcome::Failure{.message = endpoint.error()});
  const std::string& first_stop = scenario.proxy.empty() ? base : scenario.proxy;
  const auto stop = net::parse_endpoint(first_stop);
  if (!stop) return base::failure(outcome::Failure{.message = stop.error()});
  auto addresses = net::resolve(*stop);
  if (!addresses)
    return base::failure(
        outcome::Failure{.message = fmt::format("{}: {}", first_stop, to_text(addresses.error()))});
  Target target{.base = base, .host = base.substr(base.find("://") + 3)};
  if (endpoint->secure) {
    auto tls = make_tls(scenario, endpoint->host);
    if (!tls) return base::failure(tls.error());
    target.tls = std::move(*tls);
  }
  target.way.route = {.addresses = std::move(*addresses), .tls = target.tls.get()};
  target.way.scheme = endpoint->secure ? "https" : "http";
  target.way.speaks = spoken(scenario.run.http, endpoint->secure);
  if (!scenario.proxy.empty()) {
    // A proxy forwards HTTP/1.1; whatever else goes through a tunnel.
    target.named_whole = target.way.speaks == Way::Speaks::http1 && !endpoint->secure;
    if (!target.named_whole) target.way.route.tunnel = target.host;
  }
  return target;
}

}  // namespace

base::Result<std::vector<Target>, outcome::Failure> look_up_targets(
    const scenario::Scenario& scenario) {
  std::vector<Target> targets;
  for (const std::string& base : scenario.targets) {
    auto target = look_up(base, scenario);
    if (!target) return base::failure(target.error());
    targets.push_back(std::move(*target));
  }
  if (targets.empty())
    return base::failure(outcome::Failure{.message = "the scenario has no target"});
  return targets;
}

void bind_target(json::object& bindings, const Target& target) {
  bindings["$base"] = target.base;
  bindings["$host"] = target.host;
}

base::Result<Message, scenario::Problem> compose(
    const Course& course, const std::vector<Target>& targets, std::size_t target,
    const scenario::Request& request, const json::object& bindings, const std::string& origin) {
  auto filled = scenario::fill(course.scenario, request, bindings, course.evaluate);
  if (!filled) return base::failure(filled.error());
  if (breaks_the_head(*filled))
    return base::failure(scenario::Problem{
        .file = course.scenario.file,
        .place = request.place,
        .message = "a line break or a zero byte in the head of the request, where none can be"});
  Message message;
  message.target = target;
  if (targets.size() > 1) {
    const auto address = scenario::fill(course.scenario, request.target, bindings, course.evaluate);
    if (address && address->is_string())
      for (std::size_t i = 0; i < targets.size(); ++i)
        if (std::string_view(address->get_string()).starts_with(targets[i].base + "/"))
          message.target = i;
  }
  http::Fields fields = std::move(filled->fields);
  filled->fields.clear();
  if (!http::find(fields, "Host"))
    filled->fields.push_back({"Host", targets.at(message.target).host});
  std::move(fields.begin(), fields.end(), std::back_inserter(filled->fields));
  give(filled->fields, "User-Agent", std::string("deadheat/") + base::version);
  give(filled->fields, "Accept", "application/json");
  give(filled->fields, "Accept-Encoding", "identity");  // what is compared is the document
  give(filled->fields, "X-Deadheat", origin);
  message.line = filled->method + " " + filled->target;
  message.request = std::move(*filled);
  if (targets[message.target].named_whole)  // RFC 9112, 3.2.2
    message.request.target.insert(0, targets[message.target].base);
  return message;
}

}  // namespace race
