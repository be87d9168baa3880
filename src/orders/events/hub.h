#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "store/order_store.h"

/// Live events: whoever listens is told of every change of an order, whichever process made it.
namespace events {

/// An event as listeners are sent it: written once, shared by all of them.
struct Told {
  store::Position position;
  std::string customer_name;  // of the order
  std::string text;
};
/// In order. Shared, since listeners are as many as they like, and each as fast as it can be.
using Tidings = std::vector<std::shared_ptr<const Told>>;

struct HubOptions {
  base::Nanoseconds interval = std::chrono::milliseconds(250);  // between looks at the database
  base::Nanoseconds shortest = std::chrono::milliseconds(10);   // however much is announced
  base::Nanoseconds retry = std::chrono::seconds(1);            // while the database fails
  std::size_t batch = 500;                                      // events of one look
  std::size_t kept_events = 10'000;                             // for those who are not as fast
  std::size_t kept_bytes = 8 * 1024 * 1024;                     // likewise
};

/// Looks for new events on behalf of all listeners of this process, and keeps the latest.
///
///                     interval       announced
///     database   ---|-----------|-----|--------     one look, however many listen
///                   v           v     v
///     kept       [ e5 e6 e7 e8 | e9 | e10 e11 ]     a listener that is at e8 is given e9 ... e11;
///                  ^ floor                          one that is before the floor asks the database
///
/// Looks every so often, as other processes may write, and at once when this one has written; not
/// at all while nobody listens. Safe on any thread; has one of its own.
class Hub {
 public:
  /// How an event is written for listeners, and whom to tell what went wrong. On the hub's thread.
  using Write = std::function<std::string(const store::Event&)>;
  using Report = std::function<void(std::string_view)>;

  /// `store` outlives the hub, and the hub its listeners, unless these are not resumed any more.
  Hub(store::OrderStore& store, Write write, Report report, HubOptions options = {});
  /// Waits for the look that is going on.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Something was committed by this process: worth a look.
  void announce();

  /// What came after `position`, at most `limit`; nothing if that is not kept (any more, or yet),
  /// and the database has to be asked.
  [[nodiscard]] std::optional<Tidings> after(const store::Position& position,
                                             std::size_t limit) const;
  /// Events from the database, as they would be kept.
  [[nodiscard]] Tidings written(const std::vector<store::Event>& events) const;

  [[nodiscard]] std::size_t listeners() const;
  /// How often the database was asked.
  [[nodiscard]] std::uint64_t looks() const { return looks_.load(std::memory_order_relaxed); }

 private:
  friend class Listener;
  struct Board;

  asio::awaitable<void> run();
  asio::awaitable<std::size_t> look();
  asio::awaitable<void> rest(std::size_t seen);
  /// Ends the rest, from any thread.
  void rouse();

  store::OrderStore& store_;
  const Write write_;
  const Report report_;
  const HubOptions options_;
  /// Shared with the listeners: those that were cut off leave it when the hub has gone.
  const std::shared_ptr<Board> board_;
  std::atomic<bool> announced_{false};
  std::atomic<std::uint64_t> looks_{0};
  // Of the hub's thread.
  bool ending_ = false;
  bool failing_ = false;
  asio::io_context context_{1};
  asio::steady_timer spacing_{context_};  // which nobody shortens
  asio::steady_timer rest_{context_};
  std::thread thread_;
};

/// Somebody who listens, as long as it lives.
class Listener {
 public:
  /// `wake` is called on any thread whenever there may be news.
  Listener(Hub& hub, std::function<void()> wake);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  std::shared_ptr<Hub::Board> board_;
  std::uint64_t number_ = 0;
};

}  // namespace events
