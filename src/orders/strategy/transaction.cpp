#include "strategy/transaction.h"

#include <memory>
#include <utility>

#include "strategy/transacted.h"

namespace strategy {
namespace {

asio::awaitable<Outcome> attempt(Means means, Change change) {
  const auto transaction = co_await means.store.begin(store::Isolation::read_committed);
  const std::optional<order::Order> read = co_await transaction->get(change.id);
  Outcome made = co_await decide_and_commit(means, change, *transaction, read);
  co_return made;
}

}  // namespace

asio::awaitable<Outcome> change_in_transaction(Means means, Change change) {
  return once(attempt(std::move(means), std::move(change)));
}

}  // namespace strategy
