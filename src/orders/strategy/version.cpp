#include "strategy/version.h"

#include <utility>
#include <vector>

#include "strategy/backoff.h"

namespace strategy {
namespace {

using Written = base::Result<order::Order, store::Lost>;

/// UPDATE ... WHERE id = ? AND version = ?
asio::awaitable<Written> compare_and_set(Means means, const Change& change,
                                         const order::Order& read) {
  const store::Versions as_read = store::one_of({read.version});
  if (change.status) {
    const std::vector from = {order::status_named(read.status).value()};
    Written written = co_await means.store.transition(
        change.id, from, change.status->to, change.others, as_read, change.actor, means.time());
    co_return written;
  }
  Written written =
      co_await means.store.update(change.id, change.others, as_read, change.actor, means.time());
  co_return written;
}

}  // namespace

asio::awaitable<Outcome> change_by_version(Means means, Change change) {
  Backoff backoff(means.clock);
  for (;;) {
    const std::optional<order::Order> read = co_await means.store.get(change.id);
    if (auto refused = objection_to(read, change))
      co_return Outcome{base::failure(*refused), backoff.conflicts()};
    co_await let_others(means);
    Written written = co_await compare_and_set(means, change, *read);
    const bool moved = written && written->status != read->status;
    if (written) co_return Outcome{*std::move(written), backoff.conflicts(), moved};
    const bool again = co_await backoff.again();
    if (!again)
      co_return Outcome{base::failure(Refused{Refused::Why::conflict}), backoff.conflicts()};
  }
}

}  // namespace strategy
