#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/local_store.h"
#include "store/places.h"

namespace asio = boost::asio;

namespace store {

/// How many changes share a commit at most: what one failing disk can undo, and how long the first
/// of them waits for the last.
inline constexpr std::size_t changes_per_commit = 256;

/// A change on its way through the writer.
class QueuedChange {
 public:
  virtual ~QueuedChange() = default;
  /// Calls the store, and keeps what it gives or throws. May be called again, if what it did was
  /// undone with others'.
  virtual void make(LocalStore& store) = 0;
  /// The caller's.
  [[nodiscard]] virtual asio::any_io_executor executor() const = 0;
  /// Lets the caller go on, with `failure` if there is one; once, as the last call, and on its
  /// executor.
  virtual void answer(std::exception_ptr failure) = 0;

  std::chrono::steady_clock::time_point queued;
  bool had_turn = false;
};

/// The thread that makes changes. Takes all that wait at once, up to `changes_per_commit`.
class Writer {
 public:
  /// `patience`: for how long a change waits while the store cannot even begin.
  Writer(std::unique_ptr<LocalStore> store, std::chrono::milliseconds patience, Waited waited = {});
  /// Makes what is queued, then ends.
  ~Writer();

  /// Makes `change`, a function of the store, and gives back what it gives; resumes on the executor
  /// of the coroutine, after the commit.
  template <class Change>
  asio::awaitable<std::invoke_result_t<Change&, LocalStore&>> make(Change change);

 private:
  void queue(std::unique_ptr<QueuedChange> change);
  using Queue = std::vector<std::unique_ptr<QueuedChange>>;
  void run();
  Queue take();
  /// Those in line that have waited long enough.
  Queue take_overdue();
  void make_together(Queue batch);
  static void answer(Queue batch, const std::exception_ptr& failure);
  void tell_wait(QueuedChange& change) const;

  const std::chrono::milliseconds patience_;
  std::unique_ptr<LocalStore> store_;  // used by the thread only
  const Waited waited_;
  std::mutex mutex_;  // for the two below
  Queue queue_;
  bool ending_ = false;
  std::condition_variable arrived_;
  std::thread thread_;
};

/// The change of one coroutine.
template <class Change, class Handler>
class Queued final : public QueuedChange {
 public:
  using Given = std::invoke_result_t<Change&, LocalStore&>;

  Queued(Change change, Handler handler)
      : change_(std::move(change)),
        handler_(std::move(handler)),
        work_(asio::make_work_guard(asio::get_associated_executor(handler_))) {}

  void make(LocalStore& store) override {
    failure_ = nullptr;
    try {
      given_ = change_(store);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  [[nodiscard]] asio::any_io_executor executor() const override { return work_.get_executor(); }

  void answer(std::exception_ptr failure) override {
    // What befell this one alone says more than what befell them all.
    std::move(handler_)(failure_ ? std::move(failure_) : std::move(failure), std::move(given_));
  }

 private:
  Change change_;
  Handler handler_;
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
  Given given_{};
  std::exception_ptr failure_;
};

template <class Change>
asio::awaitable<std::invoke_result_t<Change&, LocalStore&>> Writer::make(Change change) {
  using Given = std::invoke_result_t<Change&, LocalStore&>;
  return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Given)>(
      [this](auto handler, Change begun) {
        using Handler = decltype(handler);
        queue(std::make_unique<Queued<Change, Handler>>(std::move(begun), std::move(handler)));
      },
      asio::use_awaitable, std::move(change));
}

}  // namespace store
