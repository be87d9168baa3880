#include "strategy/strategies.h"

#include <algorithm>

#include "strategy/check_then_act.h"
#include "strategy/conditional.h"
#include "strategy/lock.h"
#include "strategy/naive.h"
#include "strategy/serializable.h"
#include "strategy/transaction.h"
#include "strategy/version.h"

namespace strategy {
namespace {

constexpr Strategy strategies[] = {
    {"naive", change_naively},
    {"check-then-act", change_after_check},
    {"transaction", change_in_transaction},
    {"lock", change_under_lock},
    {"version", change_by_version},
    {"conditional", change_conditionally},
    {"serializable", change_serializably},
};

}  // namespace

std::span<const Strategy> all_strategies() { return strategies; }

const Strategy* find_strategy(std::string_view name) {
  const auto found = std::find_if(std::begin(strategies), std::end(strategies),
                                  [&](const Strategy& strategy) { return strategy.name == name; });
  return found == std::end(strategies) ? nullptr : found;
}

}  // namespace strategy
