#include "store/store_threads.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "store/writer.h"

namespace store {
namespace {

template <class Lane, class Work>
asio::awaitable<std::invoke_result_t<Work&, Lane&>> perform_in(Lane& lane, Work work) {
  co_return work(lane);
}

/// Runs `work` on the lane's thread. Not a coroutine itself, so that the lambdas it is given are
/// ordinary arguments: g++ 12 destroys twice what a lambda inside a co_await expression captured.
template <class Lane, class Work>
auto in(Lane& lane, Work work) {
  return asio::co_spawn(lane.thread, perform_in(lane, std::move(work)), asio::use_awaitable);
}

}  // namespace

/// A transaction on a lane's thread. The lane is free for the next one as soon as this ends: what
/// comes next on its thread comes after the rollback.
class StoreThreads::RunningTransaction final : public Transaction {
 public:
  RunningTransaction(std::shared_ptr<Lanes> lanes, Place place)
      : lanes_(std::move(lanes)), place_(std::move(place)) {
    const std::lock_guard lock(lanes_->mutex);
    if (lanes_->idle.empty()) {
      lane_ = std::make_unique<Lane>();
    } else {
      lane_ = std::move(lanes_->idle.back());
      lanes_->idle.pop_back();
    }
  }
  ~RunningTransaction() override {
    asio::post(lane_->thread, [lane = lane_.get()] { lane->transaction.reset(); });
    const std::lock_guard lock(lanes_->mutex);
    lanes_->idle.push_back(std::move(lane_));
  }
  RunningTransaction(const RunningTransaction&) = delete;
  RunningTransaction& operator=(const RunningTransaction&) = delete;

  asio::awaitable<bool> begin(const Open& open, Isolation isolation) {
    return in(*lane_, [&open, isolation](Lane& lane) {
      if (!lane.store) lane.store = open();
      lane.transaction = lane.store->begin(isolation);
      return true;
    });
  }
  asio::awaitable<std::optional<Order>> get(OrderId id) override {
    return in(*lane_, [id](Lane& lane) { return lane.transaction->get(id); });
  }
  asio::awaitable<std::optional<Order>> get_for_update(OrderId id) override {
    return in(*lane_, [id](Lane& lane) { return lane.transaction->get_for_update(id); });
  }
  asio::awaitable<Order> save(Order order, Actor actor) override {
    return in(*lane_, [order = std::move(order), actor = std::move(actor)](Lane& lane) {
      return lane.transaction->save(order, actor);
    });
  }
  asio::awaitable<void> commit() override { co_await finish(); }

 private:
  asio::awaitable<bool> finish() {
    return in(*lane_, [](Lane& lane) {
      lane.transaction->commit();
      return true;
    });
  }

  std::shared_ptr<Lanes> lanes_;
  Place place_;
  std::unique_ptr<Lane> lane_;
};

StoreThreads::StoreThreads(Open open, const Options& options)
    : open_(std::move(open)),
      writer_(std::make_unique<Writer>(open_(), options.patience, options.waited)),
      places_(std::make_shared<Places>("transaction", options.transactions, options.patience,
                                       options.waited)),
      lanes_(std::make_shared<Lanes>()) {
  for (std::size_t i = 0; i < options.readers; ++i)
    readers_.push_back(std::make_unique<Reader>(open_(), options.patience));
}

StoreThreads::~StoreThreads() {
  writer_.reset();
  for (const auto& reader : readers_) reader->thread.join();
}

StoreThreads::Reader& StoreThreads::reader() {
  return *readers_[turn_.fetch_add(1, std::memory_order_relaxed) % readers_.size()];
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

asio::awaitable<Get::Given> StoreThreads::handle(Get op) {
  std::optional<std::optional<Order>> at_once = get_at_once(op.id);
  if (at_once) co_return *std::move(at_once);
  std::optional<Order> found = co_await read(op);
  co_return found;
}

asio::awaitable<std::unique_ptr<Transaction>> StoreThreads::begin(Isolation isolation) {
  Place place = co_await places_->take();
  auto running = std::make_unique<RunningTransaction>(lanes_, std::move(place));
  co_await running->begin(open_, isolation);
  co_return running;
}

}  // namespace store
