#include "store/memory_store.h"

#include <algorithm>

namespace store {
namespace {

const Order& write(Order& row, const Changes& changes, Timestamp now) {
  order::apply(changes, row);
  row.updated_at = now;
  ++row.version;
  return row;
}

}  // namespace

std::vector<Order> MemoryStore::list() {
  std::vector<Order> all;
  for (const auto& [id, row] : orders_) all.push_back(row);
  return all;
}

std::optional<Order> MemoryStore::get(OrderId id) {
  const auto row = orders_.find(id);
  if (row == orders_.end()) return std::nullopt;
  return row->second;
}

Order MemoryStore::insert(const Draft& draft, Timestamp now) {
  const OrderId id = ++highest_id_;
  return orders_[id] = Order{draft, id, now, now, 1};
}

bool MemoryStore::insert_if_absent(const Order& order) {
  highest_id_ = std::max(highest_id_, order.id);
  return orders_.emplace(order.id, order).second;
}

Order MemoryStore::save(const Order& order) {
  highest_id_ = std::max(highest_id_, order.id);
  const auto [row, added] = orders_.emplace(order.id, order);
  const std::int64_t version = added ? order.version : row->second.version;
  row->second = order;
  row->second.version = version + 1;
  return row->second;
}

std::optional<Order> MemoryStore::update(OrderId id, const Changes& changes, Timestamp now) {
  const auto row = orders_.find(id);
  if (row == orders_.end()) return std::nullopt;
  return write(row->second, changes, now);
}

base::Result<Order, Lost> MemoryStore::transition(OrderId id, std::span<const OrderStatus> from,
                                                  OrderStatus to, const Changes& changes,
                                                  Timestamp now) {
  const auto row = orders_.find(id);
  if (row == orders_.end()) return base::failure(Lost{});
  const auto status = order::status_named(row->second.status);
  if (!status || std::find(from.begin(), from.end(), *status) == from.end())
    return base::failure(Lost{row->second.status});
  row->second.status = order::name_of(to);
  return write(row->second, changes, now);
}

bool MemoryStore::remove(OrderId id) { return orders_.erase(id) == 1; }

}  // namespace store
