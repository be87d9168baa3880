#include "store/store_threads.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "store/writer.h"

namespace store {
namespace {

template <class Reader, class Work>
asio::awaitable<std::invoke_result_t<Work&, OrderStore&>> perform(Reader& reader, Work work) {
  const std::lock_guard lock(reader.mutex);
  co_return work(*reader.store);
}

/// Runs `work` on the reader's thread. Not a coroutine itself, so that the lambdas it is given are
/// ordinary arguments: g++ 12 destroys twice what a lambda inside a co_await expression captured.
template <class Reader, class Work>
auto on(Reader& reader, Work work) {
  return asio::co_spawn(reader.thread, perform(reader, std::move(work)), asio::use_awaitable);
}

template <class Reader>
auto get_on(Reader& reader, OrderId id) {
  return on(reader, [id](OrderStore& store) { return store.get(id); });
}

}  // namespace

StoreThreads::StoreThreads(const Open& open, std::size_t readers)
    : writer_(std::make_unique<Writer>(open())) {
  for (std::size_t i = 0; i < readers; ++i) readers_.push_back(std::make_unique<Reader>(open()));
}

StoreThreads::~StoreThreads() {
  writer_.reset();
  for (const auto& reader : readers_) reader->thread.join();
}

StoreThreads::Reader& StoreThreads::reader() {
  return *readers_[turn_.fetch_add(1, std::memory_order_relaxed) % readers_.size()];
}

asio::awaitable<std::vector<Order>> StoreThreads::list() {
  return on(reader(), [](OrderStore& store) { return store.list(); });
}

std::optional<std::optional<Order>> StoreThreads::get_at_once(OrderId id) {
  for (const auto& reader : readers_) {
    const std::unique_lock lock(reader->mutex, std::try_to_lock);
    if (!lock.owns_lock()) continue;
    try {
      return reader->store->get_at_once(id);
    } catch (const StoreError&) {
      return std::nullopt;  // the reader's thread may wait, and tells what is wrong
    }
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Order>> StoreThreads::get(OrderId id) {
  std::optional<std::optional<Order>> read = get_at_once(id);
  if (read) co_return *std::move(read);
  std::optional<Order> found = co_await get_on(reader(), id);
  co_return found;
}

asio::awaitable<Order> StoreThreads::insert(Draft draft, Timestamp now) {
  return writer_->make(
      [draft = std::move(draft), now](OrderStore& store) { return store.insert(draft, now); });
}

asio::awaitable<Order> StoreThreads::save(Order order) {
  return writer_->make([order = std::move(order)](OrderStore& store) { return store.save(order); });
}

asio::awaitable<std::optional<Order>> StoreThreads::update(OrderId id, Changes changes,
                                                           Timestamp now) {
  return writer_->make([id, changes = std::move(changes), now](OrderStore& store) {
    return store.update(id, changes, now);
  });
}

asio::awaitable<base::Result<Order, Lost>> StoreThreads::transition(OrderId id,
                                                                    std::vector<OrderStatus> from,
                                                                    OrderStatus to, Changes changes,
                                                                    Timestamp now) {
  return writer_->make(
      [id, from = std::move(from), to, changes = std::move(changes), now](OrderStore& store) {
        return store.transition(id, from, to, changes, now);
      });
}

asio::awaitable<bool> StoreThreads::remove(OrderId id) {
  return writer_->make([id](OrderStore& store) { return store.remove(id); });
}

}  // namespace store
