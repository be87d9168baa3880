#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;

namespace store {

class Places;

/// Is told how long somebody stood in line ("connection", "transaction", "writer") until it was
/// their turn or they gave up; also if that was no time at all. On any thread.
using Waited = std::function<void(std::string_view line, std::chrono::nanoseconds time)>;

/// One of some places, given back at its end.
class Place {
 public:
  explicit Place(std::shared_ptr<Places> places) : places_(std::move(places)) {}
  ~Place();
  Place(Place&&) = default;
  Place& operator=(Place&&) = delete;

 private:
  std::shared_ptr<Places> places_;
};

/// A number of places: what bounds the use of something, connections for one. Who finds none free
/// waits its turn, but not for ever. Safe on any thread. Shared with the places that are taken: a
/// coroutine that was cut off may end after its store.
class Places : public std::enable_shared_from_this<Places> {
 public:
  /// `what` names one of them: "transaction".
  Places(std::string what, std::size_t count, std::chrono::milliseconds patience,
         Waited waited = {});

  /// Nothing if none is free. (Then others may wait.)
  [[nodiscard]] std::optional<Place> try_take();
  /// Throws StoreError (not_committed) if its turn has not come within the patience.
  [[nodiscard]] asio::awaitable<Place> take();

 private:
  friend class Place;
  struct Waiter;

  /// Nothing if it has a place already.
  std::shared_ptr<Waiter> stand_in_line(const asio::any_io_executor& executor);
  void give_back();
  /// Whether its turn had come; if not, it has left the line.
  bool leave(Waiter& waiter);
  void tell(std::chrono::nanoseconds time) const;

  const std::string what_;
  const std::size_t count_;
  const std::chrono::milliseconds patience_;
  const Waited waited_;
  std::mutex mutex_;  // for the two below, and for `called` of who waits
  std::size_t free_;
  std::deque<std::shared_ptr<Waiter>> line_;
};

}  // namespace store
