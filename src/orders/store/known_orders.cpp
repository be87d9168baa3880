#include "store/known_orders.h"

#include <utility>

namespace store {
namespace {

constexpr std::size_t most_known = 10'000;

}  // namespace

std::optional<Order> KnownOrders::find(const sqlite::CommitMark& now, OrderId id) {
  const std::lock_guard lock(mutex_);
  if (mark_ != now) return std::nullopt;
  const auto known = orders_.find(id);
  if (known == orders_.end()) return std::nullopt;
  return known->second;
}

void KnownOrders::add(const sqlite::CommitMark& now, const Order& order) {
  const std::lock_guard lock(mutex_);
  if (mark_ != now && committing_) return;
  if (mark_ != now || orders_.size() >= most_known) orders_.clear();
  mark_ = now;
  orders_.insert_or_assign(order.id, order);
}

KnownOrders::Transaction::Transaction(KnownOrders& known,
                                      const std::optional<sqlite::CommitMark>& before)
    : known_(known), before_(before) {
  const std::lock_guard lock(known_.mutex_);
  known_.committing_ = true;
}

KnownOrders::Transaction::~Transaction() {
  const std::lock_guard lock(known_.mutex_);
  known_.committing_ = false;
}

void KnownOrders::Transaction::publish(const std::optional<sqlite::CommitMark>& after,
                                       Written&& written) {
  // Whoever committed between ours and the reading of `after` is in it, and we do not know what
  // they did.
  if (!before_ || !after || !sqlite::is_next(*before_, *after)) return;
  const std::lock_guard lock(known_.mutex_);
  auto& orders = known_.orders_;
  if (known_.mark_ != before_ || orders.size() >= most_known) orders.clear();
  known_.mark_ = after;
  for (auto& [id, order] : written) {
    if (order)
      orders.insert_or_assign(id, *std::move(order));
    else
      orders.erase(id);
  }
}

}  // namespace store
