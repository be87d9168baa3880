#include "strategy/conditional.h"

#include <utility>
#include <vector>

#include "strategy/backoff.h"

namespace strategy {
namespace {

using Made = base::Result<order::Order, store::Lost>;

asio::awaitable<Made> one_statement(Means means, const Change& change) {
  if (!change.status) {
    Made made = co_await means.store.update(change.id, change.others, change.versions, change.actor,
                                            means.time());
    co_return made;
  }
  const Change::Status& wanted = *change.status;
  std::vector<order::OrderStatus> from = order::sources(wanted.to, wanted.who);
  if (wanted.may_stay) from.push_back(wanted.to);
  Made made = co_await means.store.transition(change.id, std::move(from), wanted.to, change.others,
                                              change.versions, change.actor, means.time());
  co_return made;
}

/// What stood against the change, by what was found in place of what it wanted.
std::optional<Refused> explain(const store::Lost& lost, const Change& change) {
  std::optional<order::Order> found;
  if (lost.found) {
    found.emplace();
    found->status = *lost.found;
    found->version = lost.version;
    found->customer_name = change.actor.name;  // to whom the store has shown it
  }
  return objection_to(found, change);
}

}  // namespace

asio::awaitable<Outcome> change_conditionally(Means means, Change change) {
  co_await let_others(means);
  Backoff backoff(means.clock);
  for (;;) {
    Made made = co_await one_statement(means, change);
    if (made) co_return Outcome{*std::move(made), backoff.conflicts()};
    if (auto refused = explain(made.error(), change))
      co_return Outcome{base::failure(*std::move(refused)), backoff.conflicts()};
    // Between the statement and the look at what it met, others made way for it.
    const bool again = co_await backoff.again();
    if (!again)
      co_return Outcome{base::failure(Refused{Refused::Why::conflict}), backoff.conflicts()};
  }
}

}  // namespace strategy
