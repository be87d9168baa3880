#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "strategy/change.h"

/// What strategies that work in a transaction share. They differ in how it begins and reads, and in
/// what they make of a conflict.
namespace strategy {

/// From what was read in `transaction` to its commit: the objection, what happens meanwhile, the
/// write. Throws store::Conflict as the transaction does. A coroutine; all it is given outlives it.
asio::awaitable<Outcome> decide_and_commit(const Means& means, const Change& change,
                                           store::Transaction& transaction,
                                           const std::optional<order::Order>& read);

/// An attempt that is not made again: a conflict is a refusal. A coroutine.
asio::awaitable<Outcome> once(asio::awaitable<Outcome> attempt);

}  // namespace strategy
