#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "order/lifecycle.h"
#include "store/order_store.h"

namespace strategy {

struct StatusChange {
  order::OrderStatus to;
  order::Role who;
  order::Changes others;     // columns to be written by the same statement
  store::Versions versions;  // that it may find; nothing: any
  store::Actor actor;        // as the history tells it
};

/// A change of status that was refused; nothing changed.
struct Refused {
  std::optional<std::string> found;  // the status the order has; nothing if there is no such order
  order::Refusal why = order::Refusal::no_transition;  // if there is one
  bool stale = false;  // what the order has is none of the versions that were asked for
};

/// The lifecycle table as the condition of one change: of any number of callers, in any number of
/// processes, the database lets exactly those through whom the table allows, one after another.
/// A coroutine; `store` and `clock` outlive it.
asio::awaitable<base::Result<order::Order, Refused>> change_conditionally(store::OrderStore& store,
                                                                          const base::Clock& clock,
                                                                          order::OrderId id,
                                                                          StatusChange change);

}  // namespace strategy
