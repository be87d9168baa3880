#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace order {

using OrderId = std::int64_t;
/// Of an order. Goes up by one with every write to it, whoever writes; an order that is brought
/// back after it was deleted goes on above all that it ever had.
using Version = std::int64_t;
/// Since 1970-01-01T00:00:00Z; what Django keeps of a time.
using Timestamp = std::chrono::microseconds;
[[nodiscard]] constexpr Timestamp timestamp(std::chrono::nanoseconds wall) {
  return std::chrono::duration_cast<Timestamp>(wall);
}
/// Korean won have no smaller part.
using Won = std::int64_t;

/// What a customer orders, before it has an id.
struct Draft {
  std::string customer_name;
  std::string restaurant_name;
  std::string menu;
  std::int64_t quantity = 1;
  Won total_price = 0;
  std::string delivery_address;
  /// A name of OrderStatus, as a rule; v1 stores any text it is given, on purpose.
  std::string status = "pending";

  bool operator==(const Draft&) const = default;
};

struct Order : Draft {
  OrderId id = 0;
  Timestamp created_at{0};
  Timestamp updated_at{0};
  Version version = 1;

  bool operator==(const Order&) const = default;
};

/// The columns that a caller wants to change; the others are left alone.
struct Changes {
  std::optional<std::string> customer_name;
  std::optional<std::string> restaurant_name;
  std::optional<std::string> menu;
  std::optional<std::int64_t> quantity;
  std::optional<Won> total_price;
  std::optional<std::string> delivery_address;

  bool operator==(const Changes&) const = default;
  [[nodiscard]] bool empty() const { return *this == Changes{}; }
};

/// Writes the columns that `changes` names into `order`.
inline void apply(const Changes& changes, Draft& order) {
  if (changes.customer_name) order.customer_name = *changes.customer_name;
  if (changes.restaurant_name) order.restaurant_name = *changes.restaurant_name;
  if (changes.menu) order.menu = *changes.menu;
  if (changes.quantity) order.quantity = *changes.quantity;
  if (changes.total_price) order.total_price = *changes.total_price;
  if (changes.delivery_address) order.delivery_address = *changes.delivery_address;
}

}  // namespace order
