#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"

namespace frame {

enum class Mount { v1, std, v2, lab };
/// v2 and the lab are one API; v1 and std are that of the original.
[[nodiscard]] constexpr bool is_original(Mount mount) {
  return mount == Mount::v1 || mount == Mount::std;
}
inline constexpr Mount all_mounts[] = {Mount::v1, Mount::std, Mount::v2, Mount::lab};

/// Where a path leads, as DRF's DefaultRouter would have it.
struct Route {
  enum class Kind {
    unknown,
    livez,
    readyz,
    metrics,
    openapi,
    events,
    root,
    list,
    detail,
    history,
    redirect
  };
  Kind kind = Kind::unknown;
  Mount mount = Mount::v1;
  std::string prefix;                 // "/api/v1/"
  std::string strategy;               // of the lab: "lock" in /lab/lock/orders/
  std::string key;                    // of a detail: what stands in the place of the id
  std::optional<std::string> format;  // of a suffix: "json" in /api/v1/orders.json
  std::string location;               // of a redirect: the path with its slash
};

/// "detail", as metrics call it. Static storage.
[[nodiscard]] std::string_view label_of(Route::Kind kind);

/// `path` is a target without its query, still percent-encoded.
[[nodiscard]] Route find_route(std::string_view path);

/// Whether it leads into a mount, and not to a place that all of them share.
[[nodiscard]] constexpr bool is_mounted(const Route& route) {
  return route.kind >= Route::Kind::events;
}

/// Whether whoever runs the service asks there.
[[nodiscard]] constexpr bool is_operation(const Route& route) {
  return route.kind == Route::Kind::livez || route.kind == Route::Kind::readyz ||
         route.kind == Route::Kind::metrics;
}

/// What paths into a mount begin with: "/api/v2/", "/lab/".
[[nodiscard]] std::string_view place_of(Mount mount);

/// A place as documents write it: "/api/v2/orders/{id}/".
[[nodiscard]] std::string path_template(Mount mount, Route::Kind kind);

/// The id a key stands for. Nothing where Python's int() fails or a row cannot have that id.
[[nodiscard]] std::optional<order::OrderId> id_of(std::string_view key);

}  // namespace frame
