#include "store/store_threads.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "store/writer.h"

namespace store {
namespace {

using SteadyClock = std::chrono::steady_clock;

template <class Reader, class Work>
asio::awaitable<std::invoke_result_t<Work&, LocalStore&>> perform(Reader& reader, Work work,
                                                                  SteadyClock::time_point latest) {
  if (SteadyClock::now() > latest)
    throw StoreError(StoreError::Outcome::not_committed,
                     "those who came before took too long to read");
  const std::lock_guard lock(reader.mutex);
  co_return work(*reader.store);
}

/// Runs `work` on the reader's thread. Not a coroutine itself, so that the lambdas it is given are
/// ordinary arguments: g++ 12 destroys twice what a lambda inside a co_await expression captured.
template <class Reader, class Work>
auto on(Reader& reader, Work work) {
  const SteadyClock::time_point latest = SteadyClock::now() + reader.patience;
  return asio::co_spawn(reader.thread, perform(reader, std::move(work), latest),
                        asio::use_awaitable);
}

template <class Lane, class Work>
asio::awaitable<std::invoke_result_t<Work&, Lane&>> perform_in(Lane& lane, Work work) {
  co_return work(lane);
}

template <class Lane, class Work>
auto in(Lane& lane, Work work) {
  return asio::co_spawn(lane.thread, perform_in(lane, std::move(work)), asio::use_awaitable);
}

template <class Reader>
auto get_on(Reader& reader, OrderId id) {
  return on(reader, [id](LocalStore& store) { return store.get(id); });
}

template <class Reader>
auto ping_on(Reader& reader) {
  return on(reader, [](LocalStore& store) {
    store.ping();
    return true;
  });
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

asio::awaitable<std::vector<Order>> StoreThreads::list(OrderId after, std::size_t limit) {
  return on(reader(), [after, limit](LocalStore& store) { return store.list(after, limit); });
}

asio::awaitable<std::vector<Order>> StoreThreads::select(Selection selection) {
  return on(reader(), [selection = std::move(selection)](LocalStore& store) {
    return store.select(selection);
  });
}

asio::awaitable<std::vector<Order>> StoreThreads::excerpt(Excerpt excerpt) {
  return on(reader(),
            [excerpt = std::move(excerpt)](LocalStore& store) { return store.excerpt(excerpt); });
}

asio::awaitable<std::size_t> StoreThreads::count(std::vector<std::string> search) {
  return on(reader(),
            [search = std::move(search)](LocalStore& store) { return store.count(search); });
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

asio::awaitable<Order> StoreThreads::insert(Draft draft, Actor actor, Timestamp now) {
  return writer_->make([draft = std::move(draft), actor = std::move(actor),
                        now](LocalStore& store) { return store.insert(draft, actor, now); });
}

asio::awaitable<base::Result<Created, NotCreated>> StoreThreads::insert_once(
    std::string key, std::string fingerprint, Draft draft, Actor actor, Timestamp now) {
  return writer_->make(
      [key = std::move(key), fingerprint = std::move(fingerprint), draft = std::move(draft),
       actor = std::move(actor),
       now](LocalStore& store) { return store.insert_once(key, fingerprint, draft, actor, now); });
}

asio::awaitable<std::size_t> StoreThreads::insert_absent(std::vector<Order> orders) {
  return writer_->make(
      [orders = std::move(orders)](LocalStore& store) { return store.insert_absent(orders); });
}

asio::awaitable<Order> StoreThreads::save(Order order, Actor actor) {
  return writer_->make([order = std::move(order), actor = std::move(actor)](LocalStore& store) {
    return store.save(order, actor);
  });
}

asio::awaitable<base::Result<Order, Lost>> StoreThreads::update(OrderId id, Changes changes,
                                                                Versions versions, Actor actor,
                                                                Timestamp now) {
  return writer_->make(
      [id, changes = std::move(changes), versions = std::move(versions), actor = std::move(actor),
       now](LocalStore& store) { return store.update(id, changes, versions, actor, now); });
}

asio::awaitable<base::Result<Order, Lost>> StoreThreads::transition(OrderId id,
                                                                    std::vector<OrderStatus> from,
                                                                    OrderStatus to, Changes changes,
                                                                    Versions versions, Actor actor,
                                                                    Timestamp now) {
  return writer_->make([id, from = std::move(from), to, changes = std::move(changes),
                        versions = std::move(versions), actor = std::move(actor),
                        now](LocalStore& store) {
    return store.transition(id, from, to, changes, versions, actor, now);
  });
}

asio::awaitable<base::Result<Order, Lost>> StoreThreads::remove(OrderId id, Versions versions,
                                                                Actor actor, Timestamp now) {
  return writer_->make([id, versions = std::move(versions), actor = std::move(actor),
                        now](LocalStore& store) { return store.remove(id, versions, actor, now); });
}

asio::awaitable<std::vector<Event>> StoreThreads::history(OrderId id) {
  return on(reader(), [id](LocalStore& store) { return store.history(id); });
}

asio::awaitable<std::vector<Event>> StoreThreads::events(Position after, std::size_t limit) {
  return on(reader(), [after, limit](LocalStore& store) { return store.events(after, limit); });
}

asio::awaitable<Position> StoreThreads::last_event() {
  return on(reader(), [](LocalStore& store) { return store.last_event(); });
}

asio::awaitable<std::unique_ptr<Transaction>> StoreThreads::begin(Isolation isolation) {
  Place place = co_await places_->take();
  auto running = std::make_unique<RunningTransaction>(lanes_, std::move(place));
  co_await running->begin(open_, isolation);
  co_return running;
}

asio::awaitable<void> StoreThreads::ping() { co_await ping_on(reader()); }

}  // namespace store
