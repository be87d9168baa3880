#include "strategy/naive.h"

#include <utility>

namespace strategy {

asio::awaitable<order::Order> overwrite(Means means, order::Order order, store::Actor actor) {
  co_await let_others(means);
  order.updated_at = means.time();
  order::Order saved = co_await means.store.save(std::move(order), std::move(actor));
  co_return saved;
}

asio::awaitable<Outcome> change_naively(Means means, Change change) {
  const std::optional<order::Order> read = co_await means.store.get(change.id);
  if (auto refused = precondition_of(read, change)) co_return Outcome{base::failure(*refused)};
  order::Order changed = with(*read, change, means.time());
  order::Order saved = co_await overwrite(means, std::move(changed), change.actor);
  const bool moved = saved.status != read->status;
  co_return Outcome{.result = std::move(saved), .moved = moved};
}

}  // namespace strategy
