#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"

namespace service {

enum class Mount { v1, std, v2 };

/// Where a path leads, as DRF's DefaultRouter would have it.
struct Route {
  enum class Kind { unknown, livez, root, list, detail, redirect };
  Kind kind = Kind::unknown;
  Mount mount = Mount::v1;
  std::string_view prefix;            // "/api/v1/"; static storage
  std::string key;                    // of a detail: what stands in the place of the id
  std::optional<std::string> format;  // of a suffix: "json" in /api/v1/orders.json
  std::string location;               // of a redirect: the path with its slash
};

/// `path` is a target without its query, still percent-encoded.
[[nodiscard]] Route find_route(std::string_view path);

/// What paths that lead somewhere begin with.
[[nodiscard]] std::vector<std::string_view> known_places();

/// The id a key stands for. Nothing where Python's int() fails or a row cannot have that id.
[[nodiscard]] std::optional<order::OrderId> id_of(std::string_view key);

}  // namespace service
