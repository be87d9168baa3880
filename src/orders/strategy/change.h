#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "order/lifecycle.h"
#include "store/order_store.h"

namespace strategy {

namespace asio = boost::asio;

/// A change of one order, as a caller wants it; a strategy is a way of making it.
struct Change {
  struct Status {
    order::OrderStatus to;
    order::Role who;
    bool may_stay = false;  // an order that has this status already keeps it, which is no change
  };
  order::OrderId id = 0;
  std::optional<Status> status;  // nothing: the status stays
  order::Changes others;         // columns to be written with it
  store::Versions versions;      // those that the order may have (If-Match); nothing: any
  store::Actor actor;            // for the order's history; and whose it may be
};

/// Why a change was refused; nothing changed.
struct Refused {
  enum class Why {
    missing,        // there is no such order, or not for this actor
    other_version,  // none of those that the caller wants
    rule,           // the lifecycle does not allow it
    conflict,       // others changed the order meanwhile, each time that it was tried
  };
  Why why = Why::missing;
  std::string status;        // which the order has; but for missing and conflict
  std::int64_t version = 0;  // likewise
  order::Refusal refusal = order::Refusal::no_transition;  // of the rule
};

/// What became of a change.
struct Outcome {
  base::Result<order::Order, Refused> result;
  std::uint32_t conflicts =
      0;               // how often it lost against another, and was begun again or given up
  bool moved = false;  // the status is another than the change found
};

/// What a strategy works with. `store` and `clock` outlive the change.
struct Means {
  store::OrderStore& store;
  const base::Clock& clock;
  /// What happens between what a strategy reads and what it writes: a payment has to be approved,
  /// say, and others come in between. Nothing: they hardly can.
  std::function<asio::awaitable<void>()> meanwhile;

  [[nodiscard]] order::Timestamp time() const { return order::timestamp(clock.wall()); }
};

/// What stands against a change of an order that was found like this, its status apart.
[[nodiscard]] std::optional<Refused> precondition_of(const std::optional<order::Order>& found,
                                                     const Change& change);
/// What stands against it in any way: the rules of the lifecycle too.
[[nodiscard]] std::optional<Refused> objection_to(const std::optional<order::Order>& found,
                                                  const Change& change);

/// The order with the change in it; its version is the store's business.
[[nodiscard]] order::Order with(order::Order order, const Change& change, order::Timestamp now);

/// Waits without holding up others. A coroutine.
asio::awaitable<void> pause(base::Nanoseconds time);
/// As Means::meanwhile; nothing for no time.
[[nodiscard]] std::function<asio::awaitable<void>()> waiting(base::Nanoseconds time);
/// Lets happen what happens meanwhile.
asio::awaitable<void> let_others(const Means& means);

}  // namespace strategy
