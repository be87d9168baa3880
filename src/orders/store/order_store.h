#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "store/error.h"
#include "store/requests.h"

namespace asio = boost::asio;

namespace store {

/// A transaction of one caller, for those who read, think and write. Not committed, it is rolled
/// back at its end. One operation at a time; after one has thrown there is only the end left.
///
/// Each operation throws Conflict if another transaction was faster, and StoreError as those of
/// OrderStore do. It has a connection of its own from begin() to its end: end it soon.
class Transaction {
 public:
  virtual ~Transaction() = default;
  [[nodiscard]] virtual asio::awaitable<std::optional<Order>> get(OrderId id) = 0;
  /// The same, and nobody else changes it before the end. (SQLite: nobody changes anything.) Waits
  /// for those who got there first.
  [[nodiscard]] virtual asio::awaitable<std::optional<Order>> get_for_update(OrderId id) = 0;
  /// As OrderStore::save.
  virtual asio::awaitable<Order> save(Order order, Actor actor) = 0;
  virtual asio::awaitable<void> commit() = 0;
};

/// perform(), without blocking, for each of these operations.
template <class... Ops>
class Asynchronous;
template <class Op>
class Asynchronous<Op> {
 public:
  virtual ~Asynchronous() = default;
  virtual asio::awaitable<typename Op::Given> perform(Op op) = 0;
};
template <class Op, class... Others>
class Asynchronous<Op, Others...> : public Asynchronous<Others...> {
 public:
  using Asynchronous<Others...>::perform;
  virtual asio::awaitable<typename Op::Given> perform(Op op) = 0;
};

/// Where orders are kept. What it can be asked is in requests.h.
///
/// Asynchronous: an operation never blocks the thread that awaits it, has a deadline, and resumes
/// on the executor of its coroutine. Safe on any thread. Every operation is atomic, also against
/// other processes on the same database, and what it wrote is safe when it returns: kill -9 does
/// not lose it, nor does a loss of power. Every change writes an Event in its own transaction.
///
/// Throws StoreError if the world fails, and Unstorable.
class OrderStore : public OfAll<Asynchronous>, public ByName<OrderStore> {
 public:
  /// Throws Unsupported in memory.
  virtual asio::awaitable<std::unique_ptr<Transaction>> begin(Isolation isolation) = 0;
};

/// A store that does the same for each operation, around another one, say: calls Self::handle(op),
/// a template or a function for one kind of them.
template <class Self, class... Ops>
class Around;
template <class Self>
class Around<Self> : public OrderStore {
 public:
  using OrderStore::perform;
};
template <class Self, class Op, class... Others>
class Around<Self, Op, Others...> : public Around<Self, Others...> {
 public:
  using Around<Self, Others...>::perform;
  asio::awaitable<typename Op::Given> perform(Op op) override {
    return static_cast<Self&>(*this).handle(std::move(op));
  }
};

}  // namespace store
