#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "store/error.h"
#include "store/requests.h"

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

/// perform() for each of these operations.
template <class... Ops>
class Blocking;
template <class Op>
class Blocking<Op> {
 public:
  virtual ~Blocking() = default;
  virtual typename Op::Given perform(const Op& op) = 0;
};
template <class Op, class... Others>
class Blocking<Op, Others...> : public Blocking<Others...> {
 public:
  using Blocking<Others...>::perform;
  virtual typename Op::Given perform(const Op& op) = 0;
};

/// A store whose operations block, one thread at a time: a file or the memory of this machine.
/// What it can be asked is in requests.h; StoreThreads makes an OrderStore of these.
///
/// Every operation is atomic, also against other processes on the same file, and what it wrote is
/// safe when it returns: kill -9 does not lose it. Throws StoreError. InsertOnce is never
/// `running`: nobody else is at work meanwhile.
class LocalStore : public OfAll<Blocking>, public ByName<LocalStore> {
 public:
  /// As get(), but throws rather than wait for others.
  [[nodiscard]] virtual std::optional<Order> get_at_once(OrderId id) { return get(id); }

  /// Until the transaction ends, the store does nothing else.
  [[nodiscard]] virtual std::unique_ptr<LocalTransaction> begin(Isolation /*isolation*/) {
    throw Unsupported("this store has no transactions");
  }

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
