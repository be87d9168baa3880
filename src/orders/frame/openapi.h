#pragma once

#include <set>
#include <string>
#include <string_view>

#include "frame/routes.h"

namespace frame {

/// schema/orders.openapi.json, which is compiled in.
[[nodiscard]] std::string_view openapi_document();

/// The same with the paths of these mounts only.
[[nodiscard]] std::string openapi_document_of(const std::set<Mount>& mounts);

}  // namespace frame
