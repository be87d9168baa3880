#include "client/message.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>
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

/// The one that the request's address begins with, of several.
std::optional<std::size_t> target_named(const Context& context, const std::vector<Target>& targets,
                                        const scenario::Request& request,
                                        const json::object& bindings) {
  if (targets.size() < 2) return std::nullopt;
  const auto address = scenario::fill(context.scenario, request.target, bindings, context.evaluate);
  if (!address || !address->is_string()) return std::nullopt;
  const std::string_view text = address->get_string();
  const auto named = std::find_if(targets.begin(), targets.end(), [text](const Target& target) {
    return text.starts_with(target.base + "/");
  });
  if (named == targets.end()) return std::nullopt;
  return static_cast<std::size_t>(named - targets.begin());
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
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

std::string origin_of(const Context& context, const json::object& bindings,
                      const std::string& script) {
  const json::value* attempt = bindings.if_contains("$attempt");
  return context.run + "/" + (attempt == nullptr ? "0" : base::to_text(*attempt)) + "/" + script;
}

base::Result<Message, scenario::Problem> compose(const Context& context,
                                                 const std::vector<Target>& targets,
                                                 const Sender& sender,
                                                 const scenario::Request& request,
                                                 const json::object& bindings) {
  auto filled = scenario::fill(context.scenario, request, bindings, context.evaluate);
  if (!filled) return base::failure(filled.error());
  if (breaks_the_head(*filled))
    return base::failure(scenario::Problem{
        .file = context.scenario.file,
        .place = request.place,
        .message = "a line break or a zero byte in the head of the request, where none can be"});
  Message message{.target =
                      target_named(context, targets, request, bindings).value_or(sender.target)};
  const Target& target = targets.at(message.target);
  http::Fields fields = std::move(filled->fields);
  filled->fields.clear();
  if (!http::find(fields, "Host")) filled->fields.push_back({"Host", target.host});
  std::move(fields.begin(), fields.end(), std::back_inserter(filled->fields));
  give(filled->fields, "User-Agent", std::string("deadheat/") + base::version);
  give(filled->fields, "Accept", "application/json");
  give(filled->fields, "Accept-Encoding", "identity");  // what is compared is the document
  give(filled->fields, "X-Deadheat", sender.origin);
  message.own_cookies = take_cookies(filled->fields);
  if (request.redirects > 0) message.plain = *filled;
  complete(message, std::move(*filled), context, target, sender.session);
  return message;
}

}  // namespace client
