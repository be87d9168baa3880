#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "store/order_store.h"

namespace asio = boost::asio;

namespace store {

class Writer;

/// Keeps the waiting of stores off the I/O threads: one thread writes, others read, and each has a
/// store of its own. The awaitables resume on the executor of their coroutine, and throw what the
/// store threw. Safe on any thread.
///
/// Changes that arrive while the writer is at one wait together, and are then made together: one
/// commit, and so one wait for the disk, for all of them (OrderStore::together). Each is answered
/// after that commit. Nobody waits for company: a change that comes alone is made alone.
class StoreThreads {
 public:
  using Open = std::function<std::unique_ptr<OrderStore>()>;

  /// Calls `open` once a thread, here and now, the writer first; throws what it throws.
  explicit StoreThreads(const Open& open, std::size_t readers = 2);
  /// Finishes what was begun.
  ~StoreThreads();

  asio::awaitable<std::vector<Order>> list();
  /// Reads on the calling thread, which is a few microseconds where a change of threads would be
  /// tens; on a reader's thread if that store is in use or would have to wait.
  asio::awaitable<std::optional<Order>> get(OrderId id);
  asio::awaitable<Order> insert(Draft draft, Timestamp now);
  asio::awaitable<Order> save(Order order);
  asio::awaitable<std::optional<Order>> update(OrderId id, Changes changes, Timestamp now);
  asio::awaitable<base::Result<Order, Lost>> transition(OrderId id, std::vector<OrderStatus> from,
                                                        OrderStatus to, Changes changes,
                                                        Timestamp now);
  asio::awaitable<bool> remove(OrderId id);

 private:
  struct Reader {
    explicit Reader(std::unique_ptr<OrderStore> opened) : store(std::move(opened)) {}
    std::mutex mutex;  // for `store`: its thread and those that read at once
    std::unique_ptr<OrderStore> store;
    asio::thread_pool thread{1};
  };
  Reader& reader();
  /// Nothing if it could not be read without waiting.
  std::optional<std::optional<Order>> get_at_once(OrderId id);

  std::unique_ptr<Writer> writer_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace store
