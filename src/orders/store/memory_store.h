#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/local_store.h"

namespace store {

/// What the stores of one memory share.
struct Memory {
  struct Key {
    std::string fingerprint;
    OrderId order = 0;
    Timestamp at{0};
  };
  struct Contents {
    std::map<OrderId, Order> orders;
    OrderId highest_id = 0;
    std::vector<Event> events;
    std::map<std::string, Key> keys;
  };

  std::mutex mutex;  // for `contents`
  Contents contents;
};

/// The obvious store: a map. The oracle of the contract suite. No transactions.
class MemoryStore : public LocalStore {
 public:
  /// `memory` is shared by the stores of several threads.
  explicit MemoryStore(std::shared_ptr<Memory> memory = std::make_shared<Memory>())
      : memory_(std::move(memory)) {}

  std::vector<Order> list(OrderId after, std::size_t limit) override;
  std::vector<Order> select(const Selection& selection) override;
  std::vector<Order> excerpt(const Excerpt& excerpt) override;
  std::size_t count(const std::vector<std::string>& search) override;
  std::optional<Order> get(OrderId id) override;
  Order insert(const Draft& draft, const Actor& actor, Timestamp now) override;
  base::Result<Created, NotCreated> insert_once(const std::string& key,
                                                const std::string& fingerprint, const Draft& draft,
                                                const Actor& actor, Timestamp now) override;
  std::size_t insert_absent(std::span<const Order> orders) override;
  Order save(const Order& order, const Actor& actor) override;
  base::Result<Order, Lost> update(OrderId id, const Changes& changes, const Versions& versions,
                                   const Actor& actor, Timestamp now) override;
  base::Result<Order, Lost> transition(OrderId id, std::span<const OrderStatus> from,
                                       OrderStatus to, const Changes& changes,
                                       const Versions& versions, const Actor& actor,
                                       Timestamp now) override;
  base::Result<Order, Lost> remove(OrderId id, const Versions& versions, const Actor& actor,
                                   Timestamp now) override;
  std::vector<Event> history(OrderId id) override;
  std::vector<Event> events(Position after, std::size_t limit) override;
  Position last_event() override;
  void ping() override {}

 private:
  std::shared_ptr<Memory> memory_;
};

}  // namespace store
