#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/error.h"
#include "store/excerpt.h"
#include "store/terms.h"

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

/// Where orders are kept.
///
/// Asynchronous: an operation never blocks the thread that awaits it, has a deadline, and resumes
/// on the executor of its coroutine. Safe on any thread. Every operation is atomic, also against
/// other processes on the same database, and what it wrote is safe when it returns: kill -9 does
/// not lose it, nor does a loss of power. Every change writes an Event in its own transaction.
///
/// Throws StoreError if the world fails, and Unstorable.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  /// The first `limit` orders with a greater id, by id. A list of a million is read in such chunks.
  [[nodiscard]] virtual asio::awaitable<std::vector<Order>> list(OrderId after,
                                                                 std::size_t limit) = 0;
  [[nodiscard]] virtual asio::awaitable<std::vector<Order>> select(Selection selection) = 0;
  [[nodiscard]] virtual asio::awaitable<std::vector<Order>> excerpt(Excerpt excerpt) = 0;
  /// Of all orders that have each of these words, as in an Excerpt: how many there are. Looks at
  /// each.
  [[nodiscard]] virtual asio::awaitable<std::size_t> count(std::vector<std::string> search) = 0;
  [[nodiscard]] virtual asio::awaitable<std::optional<Order>> get(OrderId id) = 0;

  /// Gives the next id; an id is never given twice, not even after its order was deleted.
  virtual asio::awaitable<Order> insert(Draft draft, Actor actor, Timestamp now) = 0;
  /// At most one order for a key, whoever asks how often at once: the key is claimed in the
  /// transaction that inserts, and kept for `keys_are_kept`. A request is the same if its
  /// fingerprint is; it is given what the first one was given.
  virtual asio::awaitable<base::Result<Created, NotCreated>> insert_once(std::string key,
                                                                         std::string fingerprint,
                                                                         Draft draft, Actor actor,
                                                                         Timestamp now) = 0;
  /// Adds orders that have an id already, but for those whose id is taken; how many it added. All
  /// or none. Their version is at least the next one, if there was such an order before.
  virtual asio::awaitable<std::size_t> insert_absent(std::vector<Order> orders) = 0;

  /// Writes every column as `order` has it, but the version, which goes up; adds the row under that
  /// id if it is gone, with a version that it never had. So does Django's save(), and so it undoes
  /// what others wrote since `order` was read, and brings a deleted order back.
  virtual asio::awaitable<Order> save(Order order, Actor actor) = 0;

  /// Writes these columns only.
  virtual asio::awaitable<base::Result<Order, Lost>> update(OrderId id, Changes changes,
                                                            Versions versions, Actor actor,
                                                            Timestamp now) = 0;
  /// Changes the status to `to`, and `changes` with it, provided that the status is one of `from`.
  /// Of several callers at once, exactly one finds it so.
  virtual asio::awaitable<base::Result<Order, Lost>> transition(OrderId id,
                                                                std::vector<OrderStatus> from,
                                                                OrderStatus to, Changes changes,
                                                                Versions versions, Actor actor,
                                                                Timestamp now) = 0;
  /// Gives the order as it was.
  virtual asio::awaitable<base::Result<Order, Lost>> remove(OrderId id, Versions versions,
                                                            Actor actor, Timestamp now) = 0;

  /// What became of an order, also of one that is gone: its latest `longest_history` events, in
  /// order. What was changed before there were events has none.
  [[nodiscard]] virtual asio::awaitable<std::vector<Event>> history(OrderId id) = 0;
  /// The first `limit` events after a position, those of each order by their versions. Who goes on
  /// from the last one it was given has all of them, in order, each once, whatever the number of
  /// writers: an event is held back while an earlier transaction may still commit.
  [[nodiscard]] virtual asio::awaitable<std::vector<Event>> events(Position after,
                                                                   std::size_t limit) = 0;
  /// Of the last event that events() gives by now.
  [[nodiscard]] virtual asio::awaitable<Position> last_event() = 0;

  /// Throws Unsupported in memory.
  virtual asio::awaitable<std::unique_ptr<Transaction>> begin(Isolation isolation) = 0;
  /// Returns if the database answers.
  virtual asio::awaitable<void> ping() = 0;
};

}  // namespace store
