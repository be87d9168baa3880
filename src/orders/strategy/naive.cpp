#include "strategy/naive.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace strategy {

asio::awaitable<order::Order> overwrite(store::OrderStore& store, const base::Clock& clock,
                                        order::Order order, base::Nanoseconds gap,
                                        store::Actor actor) {
  if (gap > base::Nanoseconds::zero()) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, gap);
    co_await timer.async_wait(asio::use_awaitable);
  }
  order.updated_at = order::timestamp(clock.wall());
  order::Order saved = co_await store.save(std::move(order), std::move(actor));
  co_return saved;
}

}  // namespace strategy
