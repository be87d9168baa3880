#include "strategy/conditional.h"

#include <utility>
#include <vector>

#include "strategy/backoff.h"

namespace strategy {
namespace {

using Made = base::Result<order::Order, store::Lost>;

struct Attempt {
  Made made;
  bool moves = false;  // to another status
};

asio::awaitable<Made> bring(const Means& means, const Change& change,
                            std::vector<order::OrderStatus> from) {
  Made made =
      co_await means.store.transition(change.id, std::move(from), change.status->to, change.others,
                                      change.versions, change.actor, means.time());
  co_return made;
}

/// One statement, but for a status that may stay: an order has the status that it is put back with,
/// as a rule, and is else brought there by a second one. Each knows what it has done.
asio::awaitable<Attempt> attempt(const Means& means, const Change& change) {
  if (!change.status) {
    Made made = co_await means.store.update(change.id, change.others, change.versions, change.actor,
                                            means.time());
    co_return Attempt{std::move(made)};
  }
  const Change::Status& wanted = *change.status;
  if (wanted.may_stay) {
    std::vector<order::OrderStatus> same(1, wanted.to);
    Made stayed = co_await bring(means, change, std::move(same));
    if (stayed) co_return Attempt{std::move(stayed)};
  }
  std::vector<order::OrderStatus> from = order::sources(wanted.to, wanted.who);
  Made moved = co_await bring(means, change, std::move(from));
  co_return Attempt{std::move(moved), /*moves=*/true};
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
    Attempt tried = co_await attempt(means, change);
    Made& made = tried.made;
    if (made) co_return Outcome{*std::move(made), backoff.conflicts(), tried.moves};
    if (auto refused = explain(made.error(), change))
      co_return Outcome{base::failure(*std::move(refused)), backoff.conflicts()};
    // Between the statement and the look at what it met, others made way for it.
    const bool again = co_await backoff.again();
    if (!again)
      co_return Outcome{base::failure(Refused{Refused::Why::conflict}), backoff.conflicts()};
  }
}

}  // namespace strategy
