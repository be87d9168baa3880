#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "store/order_store.h"

namespace metrics {

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

/// A store that measures how long another one is awaited, and tells when something was committed.
class MeasuredStore final : public store::OfAll<store::Around, MeasuredStore> {
 public:
  /// All outlive the store. `committed` is called on any thread, after each change that took place.
  MeasuredStore(store::OrderStore& store, Metrics& metrics, const base::Clock& clock,
                std::function<void()> committed)
      : store_(store), metrics_(metrics), clock_(clock), committed_(std::move(committed)) {}

  asio::awaitable<std::unique_ptr<store::Transaction>> begin(store::Isolation isolation) override;

  template <class Op>
  asio::awaitable<typename Op::Given> handle(Op op) {
    if constexpr (Op::changes_orders)
      return change(Op::name, store_.perform(std::move(op)));
    else
      return measure(Op::name, store_.perform(std::move(op)));
  }

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

template <class T>
bool took_place(const T& /*given*/) {
  return true;
}
template <class T, class E>
bool took_place(const base::Result<T, E>& result) {
  return result.has_value();
}

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
  } catch (const store::Conflict&) {
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

}  // namespace metrics
