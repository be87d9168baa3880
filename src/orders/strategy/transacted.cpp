#include "strategy/transacted.h"

#include <utility>

namespace strategy {

asio::awaitable<Outcome> decide_and_commit(const Means& means, const Change& change,
                                           store::Transaction& transaction,
                                           const std::optional<order::Order>& read) {
  if (auto refused = objection_to(read, change)) co_return Outcome{base::failure(*refused)};
  co_await let_others(means);
  order::Order changed = with(*read, change, means.time());
  order::Order saved = co_await transaction.save(std::move(changed), change.actor);
  co_await transaction.commit();
  const bool moved = saved.status != read->status;
  co_return Outcome{.result = std::move(saved), .moved = moved};
}

asio::awaitable<Outcome> once(asio::awaitable<Outcome> attempt) {
  try {
    Outcome made = co_await std::move(attempt);
    co_return made;
  } catch (const store::Conflict&) {
    // Another one won, or the row could not be had.
  }
  co_return Outcome{base::failure(Refused{Refused::Why::conflict}), 1};
}

}  // namespace strategy
