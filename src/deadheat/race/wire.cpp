#include "race/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/version.h"
#include "http/codec.h"
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

http::CookieScope scope_of(const Course& course, const Target& target, std::string_view path) {
  std::string_view host = target.host;
  host = host.substr(0, host.rfind(':'));
  // Browsers take this machine for a secure place.
  const bool secure = target.base.starts_with("https://") || host == "localhost" ||
                      host.starts_with("127.") || host == "[::1]";
  return {.host = host,
          .path = path,
          .secure = secure,
          .now = std::chrono::duration_cast<std::chrono::seconds>(course.clock.wall())};
}

/// One Cookie field of all that are given, and of those that the session has.
void join_cookies(http::Fields& fields, std::string kept) {
  std::string all;
  const auto add = [&all](const std::string& cookies) {
    if (!all.empty() && !cookies.empty()) all += "; ";
    all += cookies;
  };
  for (const http::Field& field : fields)
    if (http::same_ignoring_case(field.name, "cookie")) add(field.value);
  add(kept);
  std::erase_if(fields, [](const http::Field& field) {
    return http::same_ignoring_case(field.name, "cookie");
  });
  if (!all.empty()) fields.push_back({"Cookie", std::move(all)});
}

}  // namespace

void keep_cookies(Session* session, const http::Response& answer, const Course& course,
                  const std::vector<Target>& targets, const Message& message) {
  if (session != nullptr)
    session->cookies.keep(answer.fields,
                          scope_of(course, targets.at(message.target), message.path));
}

base::Result<std::vector<Target>, outcome::Failure> look_up_targets(
    const scenario::Scenario& scenario) {
  std::vector<Target> targets;
  for (const std::string& base : scenario.targets) {
    const auto endpoint = net::parse_endpoint(base);
    if (!endpoint) return base::failure(outcome::Failure{.message = endpoint.error()});
    auto addresses = net::resolve(*endpoint);
    if (!addresses)
      return base::failure(
          outcome::Failure{.message = fmt::format("{}: {}", base, to_text(addresses.error()))});
    constexpr std::string_view scheme = "http://";
    targets.push_back(
        {.base = base,
         .host = base.substr(scheme.size(), base.find('/', scheme.size()) - scheme.size()),
         .addresses = std::move(*addresses)});
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
    const Course& course, const std::vector<Target>& targets, std::size_t target,
    const scenario::Request& request, const json::object& bindings, const std::string& origin,
    const Session* session) {
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
  give(filled->fields, "X-Deadheat", origin);
  message.path = filled->target;
  join_cookies(filled->fields, session == nullptr
                                   ? ""
                                   : session->cookies.header(scope_of(
                                         course, targets.at(message.target), message.path)));
  message.line = filled->method + " " + filled->target;
  message.to_head = filled->method == "HEAD";
  message.bytes = http::encode(*filled);
  return message;
}

}  // namespace race
