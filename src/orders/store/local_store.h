#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/error.h"
#include "store/excerpt.h"
#include "store/terms.h"

namespace store {

/// A transaction of a LocalStore. Not committed, it is rolled back at its end.
class LocalTransaction {
 public:
  virtual ~LocalTransaction() = default;
  [[nodiscard]] virtual std::optional<Order> get(OrderId id) = 0;
  [[nodiscard]] virtual std::optional<Order> get_for_update(OrderId id) = 0;
  virtual Order save(const Order& order, const Actor& actor) = 0;
  virtual void commit() = 0;
};

/// A store whose operations block, one thread at a time: a file or the memory of this machine.
/// What the operations mean is said in OrderStore, which StoreThreads makes of these.
///
/// Every operation is atomic, also against other processes on the same file, and what it wrote is
/// safe when it returns: kill -9 does not lose it. Throws StoreError.
class LocalStore {
 public:
  virtual ~LocalStore() = default;

  [[nodiscard]] virtual std::vector<Order> list(OrderId after, std::size_t limit) = 0;
  [[nodiscard]] virtual std::vector<Order> select(const Selection& selection) = 0;
  [[nodiscard]] virtual std::vector<Order> excerpt(const Excerpt& excerpt) = 0;
  [[nodiscard]] virtual std::size_t count(const std::vector<std::string>& search) = 0;
  [[nodiscard]] virtual std::optional<Order> get(OrderId id) = 0;
  /// The same, but throws rather than wait for others.
  [[nodiscard]] virtual std::optional<Order> get_at_once(OrderId id) { return get(id); }

  virtual Order insert(const Draft& draft, const Actor& actor, Timestamp now) = 0;
  /// Never `running`: nobody else is at work meanwhile.
  [[nodiscard]] virtual base::Result<Created, NotCreated> insert_once(
      const std::string& key, const std::string& fingerprint, const Draft& draft,
      const Actor& actor, Timestamp now) = 0;
  virtual std::size_t insert_absent(std::span<const Order> orders) = 0;
  virtual Order save(const Order& order, const Actor& actor) = 0;
  [[nodiscard]] virtual base::Result<Order, Lost> update(OrderId id, const Changes& changes,
                                                         const Versions& versions,
                                                         const Actor& actor, Timestamp now) = 0;
  [[nodiscard]] virtual base::Result<Order, Lost> transition(OrderId id,
                                                             std::span<const OrderStatus> from,
                                                             OrderStatus to, const Changes& changes,
                                                             const Versions& versions,
                                                             const Actor& actor, Timestamp now) = 0;
  [[nodiscard]] virtual base::Result<Order, Lost> remove(OrderId id, const Versions& versions,
                                                         const Actor& actor, Timestamp now) = 0;

  [[nodiscard]] virtual std::vector<Event> history(OrderId id) = 0;
  [[nodiscard]] virtual std::vector<Event> events(Position after, std::size_t limit) = 0;
  [[nodiscard]] virtual Position last_event() = 0;

  /// Until the transaction ends, the store does nothing else.
  [[nodiscard]] virtual std::unique_ptr<LocalTransaction> begin(Isolation /*isolation*/) {
    throw Unsupported("this store has no transactions");
  }
  virtual void ping() = 0;

  /// Calls `changes` in order and makes what they did durable together, by one commit where the
  /// store has such a thing: nobody may be told of a change before this returns. Each calls one
  /// operation of this store and keeps what it gives or throws; an operation that throws undoes
  /// itself and none of the others. Throws StoreError if they did not take place together; unless
  /// the outcome is unknown, none of them did then.
  virtual void together(std::span<const std::function<void()>> changes) {
    for (const auto& change : changes) change();
  }
};

}  // namespace store
