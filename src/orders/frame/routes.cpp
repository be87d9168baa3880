#include "frame/routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "dialect/form.h"

namespace frame {
namespace {

struct Prefix {
  std::string_view path;
  Mount mount;
};
constexpr Prefix prefixes[] = {
    {"/api/v1/", Mount::v1}, {"/api/std/", Mount::std}, {"/api/v2/", Mount::v2}};
constexpr std::string_view lab = "/lab/";

/// What stands alone.
struct Place {
  std::string_view path;
  Route::Kind kind;
  Mount mount;
};
constexpr Place places[] = {{"/livez", Route::Kind::livez, Mount::v1},
                            {"/readyz", Route::Kind::readyz, Mount::v1},
                            {"/metrics", Route::Kind::metrics, Mount::v1},
                            {"/openapi.json", Route::Kind::openapi, Mount::v1},
                            {"/api/v2/events", Route::Kind::events, Mount::v2}};

// In the order of the enumerators.
constexpr std::string_view kind_names[] = {"unknown", "livez",   "readyz",  "metrics",
                                           "openapi", "events",  "root",    "list",
                                           "detail",  "history", "redirect"};

/// ".json" or ".json/": the format, [a-z0-9]+.
std::optional<std::string> format_suffix(std::string_view text) {
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  if (text.ends_with('/')) text.remove_suffix(1);
  const bool word = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  if (text.empty() || !word) return std::nullopt;
  return std::string(text);
}

/// What follows the prefix of a mount.
Route route_below(Route route, std::string_view rest) {
  constexpr std::string_view orders = "orders";
  const auto lead_to = [&route](Route::Kind kind) {
    route.kind = kind;
    return route;
  };
  if (rest.empty()) return lead_to(Route::Kind::root);
  route.format = format_suffix(rest);
  if (route.format) return lead_to(Route::Kind::root);
  if (!rest.starts_with(orders)) return route;
  rest.remove_prefix(orders.size());
  if (rest == "/") return lead_to(Route::Kind::list);
  route.format = format_suffix(rest);
  if (route.format) return lead_to(Route::Kind::list);
  if (!rest.starts_with('/')) return route;
  rest.remove_prefix(1);
  route.key = rest.substr(0, rest.find_first_of("/."));
  if (route.key.empty()) return route;
  rest.remove_prefix(route.key.size());
  route.format = format_suffix(rest);
  if (rest == "/" || route.format) return lead_to(Route::Kind::detail);
  if (!is_original(route.mount) && (rest == "/history" || rest == "/history/"))
    return lead_to(Route::Kind::history);
  return route;
}

/// "/lab/lock/orders/" is the mount /lab/lock/; whether there is such a strategy, the views tell.
Route route_in_lab(std::string_view path) {
  Route route{.mount = Mount::lab};
  route.strategy = path.substr(lab.size(), path.find('/', lab.size()) - lab.size());
  const std::size_t prefix_size = lab.size() + route.strategy.size() + 1;
  if (route.strategy.empty() || path.size() < prefix_size) return {};
  route.prefix = path.substr(0, prefix_size);
  return route_below(std::move(route), path.substr(prefix_size));
}

Route exact_route(std::string_view path) {
  for (const Place& place : places)
    if (path == place.path) return {.kind = place.kind, .mount = place.mount};
  if (path.starts_with(lab)) return route_in_lab(path);
  for (const Prefix& prefix : prefixes)
    if (path.starts_with(prefix.path))
      return route_below({.mount = prefix.mount, .prefix = std::string(prefix.path)},
                         path.substr(prefix.path.size()));
  return {};
}

}  // namespace

std::string_view label_of(Route::Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

Route find_route(std::string_view path) {
  const std::string decoded = dialect::percent_decode(path);
  Route route = exact_route(decoded);
  if (route.kind != Route::Kind::unknown || decoded.ends_with('/')) return route;
  // Django's APPEND_SLASH.
  const Route slashed = exact_route(decoded + "/");
  if (slashed.kind == Route::Kind::unknown) return route;
  return {
      .kind = Route::Kind::redirect, .mount = slashed.mount, .location = std::string(path) + "/"};
}

std::string_view place_of(Mount mount) {
  for (const Prefix& prefix : prefixes)
    if (prefix.mount == mount) return prefix.path;
  return lab;
}

std::string path_template(Mount mount, Route::Kind kind) {
  std::string path(place_of(mount));
  if (mount == Mount::lab) path += "{strategy}/";
  if (kind == Route::Kind::list) path += "orders/";
  if (kind == Route::Kind::detail) path += "orders/{id}/";
  if (kind == Route::Kind::history) path += "orders/{id}/history";
  return path;
}

std::optional<order::OrderId> id_of(std::string_view key) {
  if (key.starts_with('+') && key.size() > 1 && key[1] != '-') key.remove_prefix(1);
  order::OrderId id = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return id;
}

}  // namespace frame
