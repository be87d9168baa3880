#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "metrics/metrics.h"
#include "store/order_store.h"

namespace metrics {

/// A store that measures how long another one is awaited, and tells when something was committed.
class MeasuredStore final : public store::OrderStore {
 public:
  /// All outlive the store. `committed` is called on any thread, after each change that took place.
  MeasuredStore(store::OrderStore& store, Metrics& metrics, const base::Clock& clock,
                std::function<void()> committed)
      : store_(store), metrics_(metrics), clock_(clock), committed_(std::move(committed)) {}

  asio::awaitable<std::vector<store::Order>> list(store::OrderId after, std::size_t limit) override;
  asio::awaitable<std::vector<store::Order>> select(store::Selection selection) override;
  asio::awaitable<std::vector<store::Order>> excerpt(store::Excerpt excerpt) override;
  asio::awaitable<std::size_t> count(std::vector<std::string> search) override;
  asio::awaitable<std::optional<store::Order>> get(store::OrderId id) override;
  asio::awaitable<store::Order> insert(store::Draft draft, store::Actor actor,
                                       store::Timestamp now) override;
  asio::awaitable<base::Result<store::Created, store::NotCreated>> insert_once(
      std::string key, std::string fingerprint, store::Draft draft, store::Actor actor,
      store::Timestamp now) override;
  asio::awaitable<std::size_t> insert_absent(std::vector<store::Order> orders) override;
  asio::awaitable<store::Order> save(store::Order order, store::Actor actor) override;
  asio::awaitable<base::Result<store::Order, store::Lost>> update(store::OrderId id,
                                                                  store::Changes changes,
                                                                  store::Versions versions,
                                                                  store::Actor actor,
                                                                  store::Timestamp now) override;
  asio::awaitable<base::Result<store::Order, store::Lost>> transition(
      store::OrderId id, std::vector<store::OrderStatus> from, store::OrderStatus to,
      store::Changes changes, store::Versions versions, store::Actor actor,
      store::Timestamp now) override;
  asio::awaitable<base::Result<store::Order, store::Lost>> remove(store::OrderId id,
                                                                  store::Versions versions,
                                                                  store::Actor actor,
                                                                  store::Timestamp now) override;
  asio::awaitable<std::vector<store::Event>> history(store::OrderId id) override;
  asio::awaitable<std::vector<store::Event>> events(store::Position after,
                                                    std::size_t limit) override;
  asio::awaitable<store::Position> last_event() override;
  asio::awaitable<std::unique_ptr<store::Transaction>> begin(store::Isolation isolation) override;
  asio::awaitable<void> ping() override;

  /// Awaits `work` and notes how long that took.
  template <class T>
  asio::awaitable<T> measure(std::string_view operation, asio::awaitable<T> work);
  /// The same; what it says took place is told.
  template <class T>
  asio::awaitable<T> change(std::string_view operation, asio::awaitable<T> work);

 private:
  store::OrderStore& store_;
  Metrics& metrics_;
  const base::Clock& clock_;
  std::function<void()> committed_;
};

}  // namespace metrics
