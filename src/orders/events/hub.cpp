#include "events/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace events {
namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

}  // namespace

/// What hub and listeners share.
struct Hub::Board {
  /// What is kept is everything after `floor` up to `head`; nothing at all unless `live`.
  mutable std::mutex mutex;  // for all below
  bool live = false;
  store::Position floor, head;
  std::deque<std::shared_ptr<const Told>> kept;
  std::size_t bytes = 0;
  std::map<std::uint64_t, std::function<void()>> listeners;
  std::uint64_t next = 0;
  Hub* hub = nullptr;  // as long as there is one

  /// From here on everything is kept.
  void begin(const store::Position& now) {
    const std::lock_guard lock(mutex);
    live = true;
    floor = head = now;
    kept.clear();
    bytes = 0;
    wake();
  }
  void add(Tidings tidings, const HubOptions& options) {
    const std::lock_guard lock(mutex);
    for (auto& told : tidings) {
      head = told->position;
      bytes += told->text.size();
      kept.push_back(std::move(told));
    }
    while (kept.size() > options.kept_events || bytes > options.kept_bytes) {
      floor = kept.front()->position;
      bytes -= kept.front()->text.size();
      kept.pop_front();
    }
    wake();
  }
  void wake() const {
    for (const auto& [number, listener] : listeners) listener();
  }
  [[nodiscard]] bool has_listeners() const {
    const std::lock_guard lock(mutex);
    return !listeners.empty();
  }
};

Hub::Hub(store::OrderStore& store, Write write, Report report, HubOptions options)
    : store_(store),
      write_(std::move(write)),
      report_(std::move(report)),
      options_(options),
      board_(std::make_shared<Board>()) {
  board_->hub = this;
  asio::co_spawn(context_, run(), [this](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      report_(fmt::format("live events have ended: {}", error.what()));
    }
  });
  thread_ = std::thread([this] { context_.run(); });
}

Hub::~Hub() {
  {
    const std::lock_guard lock(board_->mutex);
    board_->hub = nullptr;
  }
  asio::post(context_, [this] {
    ending_ = true;
    spacing_.cancel();
    rest_.cancel();
  });
  thread_.join();
}

void Hub::announce() {
  if (!announced_.exchange(true) && board_->has_listeners()) rouse();
}

void Hub::rouse() {
  asio::post(context_, [this] { rest_.cancel(); });
}

std::optional<Tidings> Hub::after(const store::Position& position, std::size_t limit) const {
  const std::lock_guard lock(board_->mutex);
  if (!board_->live || position < board_->floor) return std::nullopt;
  const auto first = std::partition_point(
      board_->kept.begin(), board_->kept.end(),
      [&](const std::shared_ptr<const Told>& told) { return told->position <= position; });
  const auto there = static_cast<std::size_t>(board_->kept.end() - first);
  return Tidings(first, first + static_cast<std::ptrdiff_t>(std::min(there, limit)));
}

Tidings Hub::written(const std::vector<store::Event>& events) const {
  Tidings tidings;
  tidings.reserve(events.size());
  for (const store::Event& event : events)
    tidings.push_back(
        std::make_shared<const Told>(Told{event.position, event.customer_name, write_(event)}));
  return tidings;
}

std::size_t Hub::listeners() const {
  const std::lock_guard lock(board_->mutex);
  return board_->listeners.size();
}

asio::awaitable<void> Hub::run() {
  while (!ending_) {
    std::size_t seen = 0;
    if (board_->has_listeners()) {
      seen = co_await look();
    } else {
      const std::lock_guard lock(board_->mutex);
      board_->live = false;  // what happens meanwhile is not kept
    }
    if (!ending_) co_await rest(seen);
  }
}

/// How many events there were.
asio::awaitable<std::size_t> Hub::look() {
  announced_ = false;
  looks_.fetch_add(1, std::memory_order_relaxed);
  try {
    if (!board_->live) {  // only this thread changes it
      const store::Position now = co_await store_.last_event();
      board_->begin(now);
      failing_ = false;
      co_return 0;
    }
    const std::vector<store::Event> events = co_await store_.events(board_->head, options_.batch);
    failing_ = false;
    if (!events.empty()) board_->add(written(events), options_);
    co_return events.size();
  } catch (const std::exception& error) {
    if (!failing_) report_(fmt::format("cannot look for new events: {}", error.what()));
  }
  failing_ = true;
  co_return 0;
}

asio::awaitable<void> Hub::rest(std::size_t seen) {
  if (seen == options_.batch) co_return;  // there may be more
  // Announcements that come close together are worth one look.
  spacing_.expires_after(failing_ ? options_.retry : options_.shortest);
  co_await spacing_.async_wait(as_values);
  if (ending_) co_return;
  if (board_->has_listeners()) {
    if (failing_ || announced_) co_return;
    rest_.expires_after(options_.interval);
  } else {
    rest_.expires_at(asio::steady_timer::time_point::max());  // whoever comes rouses the hub
  }
  co_await rest_.async_wait(as_values);
}

Listener::Listener(Hub& hub, std::function<void()> wake) : board_(hub.board_) {
  const std::lock_guard lock(board_->mutex);
  number_ = board_->next++;
  const bool first = board_->listeners.empty();
  board_->listeners.emplace(number_, std::move(wake));
  if (first && board_->hub != nullptr) board_->hub->rouse();
}

Listener::~Listener() {
  const std::lock_guard lock(board_->mutex);
  board_->listeners.erase(number_);
}

}  // namespace events
