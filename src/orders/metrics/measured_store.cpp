#include "metrics/measured_store.h"

#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace metrics {
namespace {

using namespace store;

/// The time from here to the end of the block. It failed, unless it is told otherwise.
class Stopwatch {
 public:
  Stopwatch(Metrics& metrics, const base::Clock& clock, std::string_view operation)
      : metrics_(metrics), clock_(clock), operation_(operation), begun_(clock.now()) {}
  ~Stopwatch() { metrics_.note_wait(operation_, clock_.now() - begun_, failed_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  void succeed() { failed_ = false; }

 private:
  Metrics& metrics_;
  const base::Clock& clock_;
  std::string_view operation_;
  base::Nanoseconds begun_;
  bool failed_ = true;
};

template <class T>
bool took_place(const T& /*given*/) {
  return true;
}
template <class T, class E>
bool took_place(const base::Result<T, E>& result) {
  return result.has_value();
}

/// A transaction of the store that is measured.
class MeasuredTransaction final : public Transaction {
 public:
  MeasuredTransaction(MeasuredStore& store, std::unique_ptr<Transaction> transaction)
      : store_(store), transaction_(std::move(transaction)) {}

  asio::awaitable<std::optional<Order>> get(OrderId id) override {
    return store_.measure("get", transaction_->get(id));
  }
  asio::awaitable<std::optional<Order>> get_for_update(OrderId id) override {
    return store_.measure("get_for_update", transaction_->get_for_update(id));
  }
  asio::awaitable<Order> save(Order order, Actor actor) override {
    return store_.measure("save", transaction_->save(std::move(order), std::move(actor)));
  }
  asio::awaitable<void> commit() override {
    return store_.change("commit", transaction_->commit());
  }

 private:
  MeasuredStore& store_;
  std::unique_ptr<Transaction> transaction_;
};

}  // namespace

template <class T>
asio::awaitable<T> MeasuredStore::measure(std::string_view operation, asio::awaitable<T> work) {
  Stopwatch watch(metrics_, clock_, operation);
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      watch.succeed();
    } else {
      T given = co_await std::move(work);
      watch.succeed();
      co_return given;
    }
  } catch (const Conflict&) {
    watch.succeed();  // the database has done what it is there for
    throw;
  }
}

template <class T>
asio::awaitable<T> MeasuredStore::change(std::string_view operation, asio::awaitable<T> work) {
  if constexpr (std::is_void_v<T>) {
    co_await measure(operation, std::move(work));
    committed_();
  } else {
    T given = co_await measure(operation, std::move(work));
    if (took_place(given)) committed_();
    co_return given;
  }
}

asio::awaitable<std::vector<Order>> MeasuredStore::list(OrderId after, std::size_t limit) {
  return measure("list", store_.list(after, limit));
}

asio::awaitable<std::vector<Order>> MeasuredStore::select(Selection selection) {
  return measure("select", store_.select(std::move(selection)));
}

asio::awaitable<std::vector<Order>> MeasuredStore::excerpt(Excerpt excerpt) {
  return measure("excerpt", store_.excerpt(std::move(excerpt)));
}

asio::awaitable<std::size_t> MeasuredStore::count(std::vector<std::string> search) {
  return measure("count", store_.count(std::move(search)));
}

asio::awaitable<std::optional<Order>> MeasuredStore::get(OrderId id) {
  return measure("get", store_.get(id));
}

asio::awaitable<Order> MeasuredStore::insert(Draft draft, Actor actor, Timestamp now) {
  return change("insert", store_.insert(std::move(draft), std::move(actor), now));
}

asio::awaitable<base::Result<Created, NotCreated>> MeasuredStore::insert_once(
    std::string key, std::string fingerprint, Draft draft, Actor actor, Timestamp now) {
  return change("insert", store_.insert_once(std::move(key), std::move(fingerprint),
                                             std::move(draft), std::move(actor), now));
}

asio::awaitable<std::size_t> MeasuredStore::insert_absent(std::vector<Order> orders) {
  return change("insert", store_.insert_absent(std::move(orders)));
}

asio::awaitable<Order> MeasuredStore::save(Order order, Actor actor) {
  return change("save", store_.save(std::move(order), std::move(actor)));
}

asio::awaitable<base::Result<Order, Lost>> MeasuredStore::update(OrderId id, Changes changes,
                                                                 Versions versions, Actor actor,
                                                                 Timestamp now) {
  return change("update",
                store_.update(id, std::move(changes), std::move(versions), std::move(actor), now));
}

asio::awaitable<base::Result<Order, Lost>> MeasuredStore::transition(
    OrderId id, std::vector<OrderStatus> from, OrderStatus to, Changes changes, Versions versions,
    Actor actor, Timestamp now) {
  return change("transition", store_.transition(id, std::move(from), to, std::move(changes),
                                                std::move(versions), std::move(actor), now));
}

asio::awaitable<base::Result<Order, Lost>> MeasuredStore::remove(OrderId id, Versions versions,
                                                                 Actor actor, Timestamp now) {
  return change("remove", store_.remove(id, std::move(versions), std::move(actor), now));
}

asio::awaitable<std::vector<Event>> MeasuredStore::history(OrderId id) {
  return measure("history", store_.history(id));
}

asio::awaitable<std::vector<Event>> MeasuredStore::events(Position after, std::size_t limit) {
  return measure("events", store_.events(after, limit));
}

asio::awaitable<Position> MeasuredStore::last_event() {
  return measure("last_event", store_.last_event());
}

asio::awaitable<std::unique_ptr<Transaction>> MeasuredStore::begin(Isolation isolation) {
  auto transaction = co_await measure("begin", store_.begin(isolation));
  co_return std::make_unique<MeasuredTransaction>(*this, std::move(transaction));
}

asio::awaitable<void> MeasuredStore::ping() { return measure("ping", store_.ping()); }

}  // namespace metrics
