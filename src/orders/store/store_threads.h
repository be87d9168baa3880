#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "store/local_store.h"
#include "store/order_store.h"
#include "store/places.h"

namespace store {

class Writer;

/// Local stores as an OrderStore: keeps their waiting off the I/O threads. One thread writes,
/// others read, each running transaction has another; and each thread has a store of its own.
///
/// Changes that arrive while the writer is at one wait together, and are then made together: one
/// commit, and so one wait for the disk, for all of them (LocalStore::together). Each is answered
/// after that commit. If the store could not even begin, all are told who have waited for the
/// patience by then; the others are tried again. Nobody waits for company: a change that comes
/// alone is made alone.
class StoreThreads final : public OrderStore {
 public:
  using Open = std::function<std::unique_ptr<LocalStore>()>;

  struct Options {
    std::size_t readers = 2;
    std::size_t transactions = 32;  // at once: others wait their turn
    /// For a turn: of a transaction, of a read, and of a change that others' locks keep waiting.
    std::chrono::milliseconds patience{5'000};
    Waited waited;  // for the writer, locks of other processes included, or for a transaction
  };

  /// Calls `open` once for the writer and each reader, here and now, the writer first; throws what
  /// it throws. Later, on any thread, as often as there are transactions at once.
  explicit StoreThreads(Open open) : StoreThreads(std::move(open), Options{}) {}
  StoreThreads(Open open, const Options& options);
  /// Finishes what was begun.
  ~StoreThreads() override;

  asio::awaitable<std::vector<Order>> list(OrderId after, std::size_t limit) override;
  asio::awaitable<std::vector<Order>> select(Selection selection) override;
  asio::awaitable<std::vector<Order>> excerpt(Excerpt excerpt) override;
  asio::awaitable<std::size_t> count(std::vector<std::string> search) override;
  /// Reads on the calling thread, which is a few microseconds where a change of threads would be
  /// tens; on a reader's thread if that store is in use or would have to wait.
  asio::awaitable<std::optional<Order>> get(OrderId id) override;
  asio::awaitable<Order> insert(Draft draft, Actor actor, Timestamp now) override;
  asio::awaitable<base::Result<Created, NotCreated>> insert_once(std::string key,
                                                                 std::string fingerprint,
                                                                 Draft draft, Actor actor,
                                                                 Timestamp now) override;
  asio::awaitable<std::size_t> insert_absent(std::vector<Order> orders) override;
  asio::awaitable<Order> save(Order order, Actor actor) override;
  asio::awaitable<base::Result<Order, Lost>> update(OrderId id, Changes changes, Versions versions,
                                                    Actor actor, Timestamp now) override;
  asio::awaitable<base::Result<Order, Lost>> transition(OrderId id, std::vector<OrderStatus> from,
                                                        OrderStatus to, Changes changes,
                                                        Versions versions, Actor actor,
                                                        Timestamp now) override;
  asio::awaitable<base::Result<Order, Lost>> remove(OrderId id, Versions versions, Actor actor,
                                                    Timestamp now) override;
  asio::awaitable<std::vector<Event>> history(OrderId id) override;
  asio::awaitable<std::vector<Event>> events(Position after, std::size_t limit) override;
  asio::awaitable<Position> last_event() override;
  asio::awaitable<std::unique_ptr<Transaction>> begin(Isolation isolation) override;
  asio::awaitable<void> ping() override;

 private:
  class RunningTransaction;
  struct Reader {
    Reader(std::unique_ptr<LocalStore> opened, std::chrono::milliseconds patience_of)
        : patience(patience_of), store(std::move(opened)) {}
    const std::chrono::milliseconds patience;
    std::mutex mutex;  // for `store`: its thread and those that read at once
    std::unique_ptr<LocalStore> store;
    asio::thread_pool thread{1};
  };
  /// For one transaction after another.
  struct Lane {
    ~Lane() { thread.join(); }
    std::unique_ptr<LocalStore> store;              // its thread's
    std::unique_ptr<LocalTransaction> transaction;  // likewise
    asio::thread_pool thread{1};
  };
  /// Shared with the transactions that run: a coroutine that was cut off may end after this.
  struct Lanes {
    std::mutex mutex;  // for `idle`
    std::vector<std::unique_ptr<Lane>> idle;
  };

  Reader& reader();
  /// Nothing if it could not be read without waiting.
  std::optional<std::optional<Order>> get_at_once(OrderId id);

  Open open_;
  std::unique_ptr<Writer> writer_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::size_t> turn_{0};
  std::shared_ptr<Places> places_;  // for transactions
  std::shared_ptr<Lanes> lanes_;
};

}  // namespace store
