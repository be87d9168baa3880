#include "store/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "store/error.h"

namespace store {
namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

}  // namespace

/// Waits for its timer, which ends early when its turn has come.
struct Places::Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;  // its own thread's
  bool called = false;
};

Place::~Place() {
  if (places_) places_->give_back();
}

Places::Places(std::string what, std::size_t count, std::chrono::milliseconds patience,
               Waited waited)
    : what_(std::move(what)),
      count_(count),
      patience_(patience),
      waited_(std::move(waited)),
      free_(count) {}

std::optional<Place> Places::try_take() {
  {
    const std::lock_guard lock(mutex_);
    if (free_ == 0) return std::nullopt;
    --free_;
  }
  tell(std::chrono::nanoseconds(0));
  return Place(shared_from_this());
}

void Places::tell(std::chrono::nanoseconds time) const {
  if (waited_) waited_(what_, time);
}

asio::awaitable<Place> Places::take() {
  const auto executor = co_await asio::this_coro::executor;
  const std::shared_ptr<Waiter> waiter = stand_in_line(executor);
  if (!waiter) {
    tell(std::chrono::nanoseconds(0));
    co_return Place(shared_from_this());
  }
  const auto begun = std::chrono::steady_clock::now();
  // Whatever becomes of this coroutine, a place that it was called to is not lost.
  struct Leave {
    std::shared_ptr<Places> places;
    std::shared_ptr<Waiter> waiter;
    bool done = false;
    bool now() {
      done = true;
      return places->leave(*waiter);
    }
    ~Leave() {
      if (!done && places->leave(*waiter)) places->give_back();
    }
  };
  Leave leave{shared_from_this(), waiter};
  co_await waiter->timer.async_wait(as_values);
  tell(std::chrono::steady_clock::now() - begun);
  if (leave.now()) co_return Place(shared_from_this());
  throw StoreError(StoreError::Outcome::not_committed,
                   fmt::format("all {} {}s are in use, and none became free within {} ms", count_,
                               what_, patience_.count()));
}

std::shared_ptr<Places::Waiter> Places::stand_in_line(const asio::any_io_executor& executor) {
  const std::lock_guard lock(mutex_);
  if (free_ > 0) {
    --free_;
    return nullptr;
  }
  line_.push_back(std::make_shared<Waiter>(executor));
  line_.back()->timer.expires_after(patience_);
  return line_.back();
}

bool Places::leave(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (waiter.called) return true;
  std::erase_if(line_, [&waiter](const auto& each) { return each.get() == &waiter; });
  return false;
}

void Places::give_back() {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock(mutex_);
    if (line_.empty()) {
      ++free_;
      return;
    }
    next = std::move(line_.front());
    line_.pop_front();
    next->called = true;
  }
  auto executor = next->timer.get_executor();
  asio::post(executor, [called = std::move(next)] { called->timer.cancel(); });
}

}  // namespace store
