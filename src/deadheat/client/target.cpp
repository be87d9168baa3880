#include "client/target.h"

#include <fmt/format.h>

#include <utility>

namespace client {
namespace {

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
  const std::string& first_stop = scenario.proxy.url.empty() ? base : scenario.proxy.url;
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
  if (!scenario.proxy.url.empty()) {
    // A proxy forwards HTTP/1.1; whatever else goes through a tunnel.
    target.named_whole = target.way.speaks == Way::Speaks::http1 && !endpoint->secure;
    if (target.named_whole) {
      target.proxy_authorization = scenario.proxy.authorization;
    } else {
      target.way.route.tunnel = target.host;
      target.way.route.proxy_authorization = scenario.proxy.authorization;
    }
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

}  // namespace client
