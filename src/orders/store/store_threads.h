#pragma once

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "store/local_store.h"
#include "store/order_store.h"
#include "store/places.h"
#include "store/writer.h"

namespace store {

/// Local stores as an OrderStore: keeps their waiting off the I/O threads. One thread writes,
/// others read, each running transaction has another; and each thread has a store of its own.
///
/// Changes that arrive while the writer is at one wait together, and are then made together: one
/// commit, and so one wait for the disk, for all of them (LocalStore::together). Each is answered
/// after that commit. If the store could not even begin, all are told who have waited for the
/// patience by then; the others are tried again. Nobody waits for company: a change that comes
/// alone is made alone.
class StoreThreads final : public OfAll<Around, StoreThreads> {
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

  asio::awaitable<std::unique_ptr<Transaction>> begin(Isolation isolation) override;

  /// Makes a change on the writer's thread, reads on a reader's.
  template <class Op>
  asio::awaitable<typename Op::Given> handle(Op op);
  /// Reads on the calling thread, which is a few microseconds where a change of threads would be
  /// tens; on a reader's thread if that store is in use or would have to wait.
  asio::awaitable<Get::Given> handle(Get op);

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
  template <class Op>
  asio::awaitable<typename Op::Given> read(Op op);
  /// On the reader's thread.
  template <class Op>
  static asio::awaitable<typename Op::Given> read_on(Reader& reader, Op op,
                                                     std::chrono::steady_clock::time_point latest);
  /// Nothing if it could not be read without waiting.
  std::optional<std::optional<Order>> get_at_once(OrderId id);

  Open open_;
  std::unique_ptr<Writer> writer_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::size_t> turn_{0};
  std::shared_ptr<Places> places_;  // for transactions
  std::shared_ptr<Lanes> lanes_;
};

template <class Op>
asio::awaitable<typename Op::Given> StoreThreads::handle(Op op) {
  if constexpr (Op::changes_orders)
    return writer_->make([op = std::move(op)](LocalStore& store) { return store.perform(op); });
  else
    return read(std::move(op));
}

template <class Op>
asio::awaitable<typename Op::Given> StoreThreads::read(Op op) {
  Reader& reader = this->reader();
  const auto latest = std::chrono::steady_clock::now() + reader.patience;
  return asio::co_spawn(reader.thread, read_on(reader, std::move(op), latest), asio::use_awaitable);
}

template <class Op>
asio::awaitable<typename Op::Given> StoreThreads::read_on(
    Reader& reader, Op op, std::chrono::steady_clock::time_point latest) {
  if (std::chrono::steady_clock::now() > latest)
    throw StoreError(StoreError::Outcome::not_committed,
                     "those who came before took too long to read");
  const std::lock_guard lock(reader.mutex);
  co_return reader.store->perform(op);
}

}  // namespace store
