#include "client/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/version.h"
#include "scenario/fill.h"
#include "scenario/target.h"

namespace client {
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

void remove(http::Fields& fields, std::initializer_list<std::string_view> names) {
  std::erase_if(fields, [&names](const http::Field& field) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return http::same_ignoring_case(field.name, name);
    });
  });
}

http::CookieScope scope_of(const Context& context, const Target& target, std::string_view path) {
  std::string_view host = target.host;
  host = host.substr(0, host.rfind(':'));
  // Browsers take this machine for a secure place.
  const bool secure = target.base.starts_with("https://") || host == "localhost" ||
                      host.starts_with("127.") || host == "[::1]";
  return {.host = host,
          .path = path,
          .secure = secure,
          .now = std::chrono::duration_cast<std::chrono::seconds>(context.clock.wall())};
}

/// The Cookie fields are taken out, and their values joined.
std::string take_cookies(http::Fields& fields) {
  std::string all;
  for (const http::Field& field : fields)
    if (http::same_ignoring_case(field.name, "cookie"))
      all += (all.empty() ? "" : "; ") + field.value;
  remove(fields, {"cookie"});
  return all;
}

/// One Cookie field, of those given and of those that the session has.
void complete(Message& message, http::Request request, const Context& context, const Target& target,
              const Session* session) {
  message.path = request.target;
  std::string cookies = message.own_cookies;
  if (session != nullptr)
    if (const std::string kept = session->cookies.header(scope_of(context, target, message.path));
        !kept.empty())
      cookies += (cookies.empty() ? "" : "; ") + kept;
  message.request_line = request.method + " " + request.target;
  if (!cookies.empty()) request.fields.push_back({"Cookie", std::move(cookies)});
  if (target.named_whole) request.target.insert(0, target.base);  // RFC 9112, 3.2.2
  if (!target.proxy_authorization.empty())
    request.fields.push_back({"Proxy-Authorization", target.proxy_authorization});
  message.request = std::move(request);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
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

std::optional<Message> redirected(const Context& context, const std::vector<Target>& targets,
                                  const Message& message, const http::Response& answer,
                                  const Session* session) {
  const auto location = http::find(answer.fields, "location");
  if (!is_redirect(answer.status) || !location || breaks_a_line(*location)) return std::nullopt;
  Message next{.target = message.target, .own_cookies = message.own_cookies};
  http::Request request = message.plain;
  std::string link(location->starts_with("//")
                       ? targets.at(message.target).way.scheme + ":" + std::string(*location)
                       : std::string(*location));
  if (link.find("://") < link.find_first_of("/?#")) {
    const std::size_t end = std::min(link.find_first_of("/?#", link.find("://") + 3), link.size());
    const auto base = scenario::parse_base(link.substr(0, end));
    const auto known = std::find_if(targets.begin(), targets.end(), [&](const Target& target) {
      return base && target.base == *base;
    });
    if (known == targets.end()) return std::nullopt;
    next.target = static_cast<std::size_t>(known - targets.begin());
    link.erase(0, end);
    if (!link.starts_with('/')) link.insert(0, "/");
  }
  request.target = scenario::encode_url(scenario::resolve_path(message.path, link));
  const bool repeats = answer.status == 307 || answer.status == 308;
  if (!repeats && (answer.status == 303 ? request.method != "HEAD" : request.method == "POST")) {
    request.method = "GET";
    request.body.clear();
    remove(request.fields, {"content-type", "content-encoding", "content-language"});
  }
  for (http::Field& field : request.fields)
    if (http::same_ignoring_case(field.name, "host")) field.value = targets.at(next.target).host;
  next.plain = request;
  complete(next, std::move(request), context, targets.at(next.target), session);
  return next;
}

void keep_cookies(Session* session, const http::Response& answer, const Context& context,
                  const std::vector<Target>& targets, const Message& message) {
  if (session != nullptr)
    session->cookies.keep(answer.fields,
                          scope_of(context, targets.at(message.target), message.path));
}

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

void bind_actor(json::object& bindings, const scenario::Scenario& scenario,
                const std::string& actor, const Session* session) {
  if (const auto* known = scenario::find_actor(scenario, actor)) {
    for (const auto& [name, value] : known->variables) bindings[name] = value;
    if (!known->index.empty()) bindings.emplace("$index", known->index);
  }
  if (session != nullptr)
    for (const auto& [name, value] : session->values) bindings[name] = value;
}

base::Result<Message, scenario::Problem> compose(
    const Context& context, const std::vector<Target>& targets, std::size_t target,
    const scenario::Request& request, const json::object& bindings, const std::string& origin,
    const Session* session) {
  auto filled = scenario::fill(context.scenario, request, bindings, context.evaluate);
  if (!filled) return base::failure(filled.error());
  if (breaks_the_head(*filled))
    return base::failure(scenario::Problem{
        .file = context.scenario.file,
        .place = request.place,
        .message = "a line break or a zero byte in the head of the request, where none can be"});
  Message message;
  message.target = target;
  if (targets.size() > 1) {
    const auto address =
        scenario::fill(context.scenario, request.target, bindings, context.evaluate);
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
  message.own_cookies = take_cookies(filled->fields);
  if (request.redirects > 0) message.plain = *filled;
  complete(message, std::move(*filled), context, targets.at(message.target), session);
  return message;
}

}  // namespace client
