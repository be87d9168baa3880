#include "strategy/change.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace strategy {

using order::Order;

std::optional<Refused> precondition_of(const std::optional<Order>& found, const Change& change) {
  if (!found || !store::is_there_for(change.actor, found->customer_name))
    return Refused{Refused::Why::missing};
  if (store::is_wanted(change.versions, found->version)) return std::nullopt;
  return Refused{Refused::Why::other_version, found->status, found->version};
}

std::optional<Refused> objection_to(const std::optional<Order>& found, const Change& change) {
  if (auto refused = precondition_of(found, change)) return refused;
  if (!change.status) return std::nullopt;
  Refused refused{Refused::Why::rule, found->status, found->version};
  // A status that only v1 can have written is in no row of the table.
  if (const auto from = order::status_named(found->status)) {
    if (change.status->may_stay && *from == change.status->to) return std::nullopt;
    const auto allowed = order::may_change(*from, change.status->to, change.status->who);
    if (allowed) return std::nullopt;
    refused.refusal = allowed.error();
  }
  return refused;
}

Order with(Order order, const Change& change, order::Timestamp now) {
  order::apply(change.others, order);
  if (change.status) order.status = order::name_of(change.status->to);
  order.updated_at = now;
  return order;
}

asio::awaitable<void> pause(base::Nanoseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

std::function<asio::awaitable<void>()> waiting(base::Nanoseconds time) {
  if (time <= base::Nanoseconds::zero()) return {};
  return [time] { return pause(time); };
}

asio::awaitable<void> let_others(const Means& means) {
  if (means.meanwhile) co_await means.meanwhile();
}

}  // namespace strategy
