#include "strategy/serializable.h"

#include <memory>
#include <utility>

#include "strategy/backoff.h"
#include "strategy/transacted.h"

namespace strategy {
namespace {

asio::awaitable<Outcome> attempt(Means means, const Change& change) {
  const auto transaction = co_await means.store.begin(store::Isolation::serializable);
  const std::optional<order::Order> read = co_await transaction->get(change.id);
  Outcome made = co_await decide_and_commit(means, change, *transaction, read);
  co_return made;
}

}  // namespace

asio::awaitable<Outcome> change_serializably(Means means, Change change) {
  Backoff backoff(means.clock);
  for (;;) {
    try {
      Outcome made = co_await attempt(means, change);
      made.conflicts = backoff.conflicts();
      co_return made;
    } catch (const store::Conflict&) {
      // A coroutine cannot wait in here.
    }
    const bool again = co_await backoff.again();
    if (!again)
      co_return Outcome{base::failure(Refused{Refused::Why::conflict}), backoff.conflicts()};
  }
}

}  // namespace strategy
