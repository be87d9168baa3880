#pragma once

#include <map>

#include "store/order_store.h"

namespace store {

/// The obvious store: a map. The oracle of the contract suite.
class MemoryStore : public OrderStore {
 public:
  std::vector<Order> list() override;
  std::optional<Order> get(OrderId id) override;
  Order insert(const Draft& draft, Timestamp now) override;
  bool insert_if_absent(const Order& order) override;
  Order save(const Order& order) override;
  std::optional<Order> update(OrderId id, const Changes& changes, Timestamp now) override;
  base::Result<Order, Lost> transition(OrderId id, std::span<const OrderStatus> from,
                                       OrderStatus to, const Changes& changes,
                                       Timestamp now) override;
  bool remove(OrderId id) override;

 private:
  std::map<OrderId, Order> orders_;
  OrderId highest_id_ = 0;
};

}  // namespace store
