#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "frame/routes.h"
#include "order/order.h"
#include "store/order_store.h"

namespace views {

/// "2024-05-01T10:20:30.123456Z"; without the fraction if it is zero, as DRF renders it.
[[nodiscard]] std::string time_text(order::Timestamp time);

/// An order as that mount shows it: v2 and the lab add the version.
[[nodiscard]] json::object representation(const order::Order& order, frame::Mount mount);

/// Appends to `out` what write_json makes of the representation, without making one: most answers
/// are this, and a tree of values costs ten times as much.
void append_representation(const order::Order& order, frame::Mount mount, std::string& out);

/// One change of an order, as its history tells it.
[[nodiscard]] json::object representation(const store::Event& event);

/// What OPTIONS tells. `action` is the method whose fields are listed, "POST" or "PUT"; empty for
/// none. `column_max`: as in ServiceOptions.
[[nodiscard]] json::object metadata(std::string_view name, std::string_view description,
                                    std::string_view action,
                                    std::optional<std::int64_t> column_max = std::nullopt);

}  // namespace views
