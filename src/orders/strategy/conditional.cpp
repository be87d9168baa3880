#include "strategy/conditional.h"

#include <utility>
#include <vector>

#include "base/require.h"

namespace strategy {
namespace {

Refused explain(const store::Lost& lost, order::OrderStatus to, order::Role who) {
  Refused refused{.found = lost.found};
  if (!lost.found) return refused;
  // A status that only v1 can have written is in no row of the table.
  const auto from = order::status_named(*lost.found);
  if (!from) return refused;
  const auto allowed = order::may_change(*from, to, who);
  base::require(!allowed.has_value(), "a change that the table allows is not refused");
  refused.why = allowed.error();
  return refused;
}

}  // namespace

asio::awaitable<base::Result<order::Order, Refused>> change_conditionally(
    store::StoreThreads& store, const base::Clock& clock, order::OrderId id, StatusChange change) {
  std::vector<order::OrderStatus> sources = order::sources(change.to, change.who);
  base::Result<order::Order, store::Lost> outcome = co_await store.transition(
      id, std::move(sources), change.to, std::move(change.others), order::timestamp(clock.wall()));
  if (!outcome) co_return base::failure(explain(outcome.error(), change.to, change.who));
  co_return *std::move(outcome);
}

}  // namespace strategy
