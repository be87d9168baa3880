#include "store/store_threads.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace store {
namespace {

template <class Work>
asio::awaitable<std::invoke_result_t<Work&, OrderStore&>> perform(OrderStore& store, Work work) {
  co_return work(store);
}

/// Runs `work` on the lane's thread. Not a coroutine itself, so that the lambdas it is given are
/// ordinary arguments: g++ 12 destroys twice what a lambda inside a co_await expression captured.
template <class Lane, class Work>
auto on(Lane& lane, Work work) {
  return asio::co_spawn(lane.thread, perform(*lane.store, std::move(work)), asio::use_awaitable);
}

}  // namespace

StoreThreads::StoreThreads(const Open& open, std::size_t readers)
    : writer_(std::make_unique<Lane>(open())) {
  for (std::size_t i = 0; i < readers; ++i) readers_.push_back(std::make_unique<Lane>(open()));
}

StoreThreads::~StoreThreads() {
  writer_->thread.join();
  for (const auto& lane : readers_) lane->thread.join();
}

StoreThreads::Lane& StoreThreads::reader() {
  return *readers_[turn_.fetch_add(1, std::memory_order_relaxed) % readers_.size()];
}

asio::awaitable<std::vector<Order>> StoreThreads::list() {
  return on(reader(), [](OrderStore& store) { return store.list(); });
}

asio::awaitable<std::optional<Order>> StoreThreads::get(OrderId id) {
  return on(reader(), [id](OrderStore& store) { return store.get(id); });
}

asio::awaitable<Order> StoreThreads::insert(Draft draft, Timestamp now) {
  return on(*writer_, [draft = std::move(draft), now](OrderStore& store) {
    return store.insert(draft, now);
  });
}

asio::awaitable<Order> StoreThreads::save(Order order) {
  return on(*writer_, [order = std::move(order)](OrderStore& store) { return store.save(order); });
}

asio::awaitable<std::optional<Order>> StoreThreads::update(OrderId id, Changes changes,
                                                           Timestamp now) {
  return on(*writer_, [id, changes = std::move(changes), now](OrderStore& store) {
    return store.update(id, changes, now);
  });
}

asio::awaitable<base::Result<Order, Lost>> StoreThreads::transition(OrderId id,
                                                                    std::vector<OrderStatus> from,
                                                                    OrderStatus to, Changes changes,
                                                                    Timestamp now) {
  return on(*writer_,
            [id, from = std::move(from), to, changes = std::move(changes), now](OrderStore& store) {
              return store.transition(id, from, to, changes, now);
            });
}

asio::awaitable<bool> StoreThreads::remove(OrderId id) {
  return on(*writer_, [id](OrderStore& store) { return store.remove(id); });
}

}  // namespace store
