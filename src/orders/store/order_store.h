#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/result.h"
#include "order/lifecycle.h"
#include "order/order.h"

namespace store {

using order::Changes;
using order::Draft;
using order::Order;
using order::OrderId;
using order::OrderStatus;
using order::Timestamp;

/// The world failed: the database is busy, full or gone.
class StoreError : public std::runtime_error {
 public:
  enum class Outcome {
    not_committed,  // certainly nothing was written: worth another try
    unknown,        // a COMMIT was sent and its answer lost
  };
  StoreError(Outcome outcome, const std::string& message)
      : std::runtime_error(message), outcome_(outcome) {}
  [[nodiscard]] Outcome outcome() const { return outcome_; }

 private:
  Outcome outcome_;
};

/// A change of status that found the order in another status than it may start from.
struct Lost {
  std::optional<std::string> found;  // the status it has; nothing if there is no such order
};

/// Where orders are kept.
///
/// Every operation is atomic, also against other processes on the same database, and what it wrote
/// is safe when it returns: kill -9 does not lose it. Operations block, and throw StoreError. One
/// thread at a time.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  /// All of them, by id.
  [[nodiscard]] virtual std::vector<Order> list() = 0;
  [[nodiscard]] virtual std::optional<Order> get(OrderId id) = 0;
  /// The same, but throws rather than wait for others.
  [[nodiscard]] virtual std::optional<Order> get_at_once(OrderId id) { return get(id); }

  /// Gives the next id; an id is never given twice, not even after its order was deleted.
  virtual Order insert(const Draft& draft, Timestamp now) = 0;
  /// Adds an order that has an id already. False, and nothing changes, if that id is taken.
  virtual bool insert_if_absent(const Order& order) = 0;

  /// Writes every column as `order` has it, but the version, which goes up; adds the row under that
  /// id if it is gone. So does Django's save(), and so it undoes what others wrote since `order`
  /// was read, and brings a deleted order back.
  virtual Order save(const Order& order) = 0;

  /// Writes these columns only. Nothing if there is no such order.
  [[nodiscard]] virtual std::optional<Order> update(OrderId id, const Changes& changes,
                                                    Timestamp now) = 0;

  /// Changes the status to `to`, and `changes` with it, provided that the status is one of `from`.
  /// Of several callers at once, exactly one finds it so.
  [[nodiscard]] virtual base::Result<Order, Lost> transition(OrderId id,
                                                             std::span<const OrderStatus> from,
                                                             OrderStatus to, const Changes& changes,
                                                             Timestamp now) = 0;

  /// False if there is no such order.
  virtual bool remove(OrderId id) = 0;

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
