#include "strategy/transaction.h"

#include <memory>
#include <utility>

namespace strategy {
namespace {

asio::awaitable<Outcome> attempt(Means means, const Change& change) {
  const auto transaction = co_await means.store.begin(store::Isolation::read_committed);
  const std::optional<order::Order> read = co_await transaction->get(change.id);
  if (auto refused = objection_to(read, change)) co_return Outcome{base::failure(*refused)};
  co_await let_others(means);
  order::Order changed = with(*read, change, means.time());
  order::Order saved = co_await transaction->save(std::move(changed), change.actor);
  co_await transaction->commit();
  co_return Outcome{std::move(saved)};
}

}  // namespace

asio::awaitable<Outcome> change_in_transaction(Means means, Change change) {
  try {
    Outcome made = co_await attempt(means, change);
    co_return made;
  } catch (const store::Conflict&) {
    // Another one won.
  }
  co_return Outcome{base::failure(Refused{Refused::Why::conflict}), 1};
}

}  // namespace strategy
