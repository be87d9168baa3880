#pragma once

#include <string_view>

namespace service {

/// schema/orders.openapi.json, which is compiled in.
[[nodiscard]] std::string_view openapi_document();

}  // namespace service
