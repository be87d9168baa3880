#include "strategy/conditional.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/require.h"

namespace strategy {
namespace {

Refused explain(const store::Lost& lost, order::OrderStatus to, order::Role who,
                const store::Versions& versions) {
  Refused refused{.found = lost.found};
  if (!lost.found) return refused;
  refused.stale =
      versions && std::find(versions->begin(), versions->end(), lost.version) == versions->end();
  // A status that only v1 can have written is in no row of the table.
  const auto from = order::status_named(*lost.found);
  if (!from) return refused;
  const auto allowed = order::may_change(*from, to, who);
  base::require(refused.stale || !allowed.has_value(),
                "a change that the table allows is not refused");
  if (!allowed) refused.why = allowed.error();
  return refused;
}

}  // namespace

asio::awaitable<base::Result<order::Order, Refused>> change_conditionally(store::OrderStore& store,
                                                                          const base::Clock& clock,
                                                                          order::OrderId id,
                                                                          StatusChange change) {
  std::vector<order::OrderStatus> sources = order::sources(change.to, change.who);
  base::Result<order::Order, store::Lost> outcome = co_await store.transition(
      id, std::move(sources), change.to, std::move(change.others), change.versions,
      std::move(change.actor), order::timestamp(clock.wall()));
  if (!outcome)
    co_return base::failure(explain(outcome.error(), change.to, change.who, change.versions));
  co_return *std::move(outcome);
}

}  // namespace strategy
