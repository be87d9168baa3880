#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "frame/actions.h"
#include "frame/options.h"
#include "metrics/metrics.h"
#include "store/order_store.h"
#include "strategy/strategies.h"

namespace service {

/// The API that one should have: preconditions, idempotency keys, pages, histories, and every
/// change made in a way that lets nobody come in between. The lab is the same API with that way
/// named in the path, the ones that do not work among them.
class V2Views {
 public:
  /// All of them outlive the views.
  V2Views(store::OrderStore& store, const base::Clock& clock, metrics::Metrics& metrics,
          const ServiceOptions& options)
      : store_(store), clock_(clock), metrics_(metrics), options_(options) {}

  [[nodiscard]] Actions actions();

 private:
  using View = asio::awaitable<Outcome> (V2Views::*)(const Call&);
  /// The view, unless the path or the query asks for what there is not, or is not the caller's.
  asio::awaitable<Outcome> checked(View view, const Call& call);

  asio::awaitable<Outcome> root(const Call& call);
  asio::awaitable<Outcome> describe(const Call& call);
  asio::awaitable<Outcome> list(const Call& call);
  asio::awaitable<Outcome> create(const Call& call);
  asio::awaitable<Outcome> retrieve(const Call& call);
  asio::awaitable<Outcome> update(const Call& call);
  asio::awaitable<Outcome> destroy(const Call& call);
  asio::awaitable<Outcome> history(const Call& call);

  /// What the body of a PUT or PATCH wants of the order.
  [[nodiscard]] base::Result<strategy::Change, Problem> read_change(const Call& call) const;
  /// The versions that a change may find.
  [[nodiscard]] base::Result<store::Versions, Problem> read_precondition(const Call& call) const;
  [[nodiscard]] Problem refused(const Call& call, const strategy::Change& change,
                                const strategy::Refused& refusal) const;
  [[nodiscard]] Problem missing() const { return not_found(options_.language); }
  [[nodiscard]] order::Timestamp now() const { return order::timestamp(clock_.wall()); }

  store::OrderStore& store_;
  const base::Clock& clock_;
  metrics::Metrics& metrics_;
  const ServiceOptions& options_;
};

}  // namespace service
