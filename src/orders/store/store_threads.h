#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "store/order_store.h"

namespace asio = boost::asio;

namespace store {

/// Keeps the blocking calls of stores off the I/O threads: one thread writes, others read, and each
/// has a store of its own. The awaitables resume on the executor of their coroutine, and throw what
/// the store threw. Safe on any thread.
class StoreThreads {
 public:
  using Open = std::function<std::unique_ptr<OrderStore>()>;

  /// Calls `open` once a thread, here and now, the writer first; throws what it throws.
  explicit StoreThreads(const Open& open, std::size_t readers = 2);
  /// Finishes what was begun.
  ~StoreThreads();

  asio::awaitable<std::vector<Order>> list();
  asio::awaitable<std::optional<Order>> get(OrderId id);
  asio::awaitable<Order> insert(Draft draft, Timestamp now);
  asio::awaitable<Order> save(Order order);
  asio::awaitable<std::optional<Order>> update(OrderId id, Changes changes, Timestamp now);
  asio::awaitable<base::Result<Order, Lost>> transition(OrderId id, std::vector<OrderStatus> from,
                                                        OrderStatus to, Changes changes,
                                                        Timestamp now);
  asio::awaitable<bool> remove(OrderId id);

 private:
  struct Lane {
    explicit Lane(std::unique_ptr<OrderStore> opened) : store(std::move(opened)) {}
    std::unique_ptr<OrderStore> store;  // used by the lane's thread only
    asio::thread_pool thread{1};
  };
  Lane& reader();

  std::unique_ptr<Lane> writer_;
  std::vector<std::unique_ptr<Lane>> readers_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace store
