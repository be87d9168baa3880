#include "strategy/check_then_act.h"

#include <utility>

namespace strategy {

asio::awaitable<Outcome> change_after_check(Means means, Change change) {
  const std::optional<order::Order> read = co_await means.store.get(change.id);
  if (auto refused = objection_to(read, change)) co_return Outcome{base::failure(*refused)};
  co_await let_others(means);
  order::Order changed = with(*read, change, means.time());
  order::Order saved = co_await means.store.save(std::move(changed), change.actor);
  const bool moved = saved.status != read->status;
  co_return Outcome{.result = std::move(saved), .moved = moved};
}

}  // namespace strategy
