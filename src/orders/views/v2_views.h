#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "frame/actions.h"
#include "metrics/metrics.h"
#include "store/order_store.h"
#include "strategy/strategies.h"
#include "views/options.h"

namespace views {

/// The API that one should have: preconditions, idempotency keys, pages, histories, and every
/// change made in a way that lets nobody come in between. The lab is the same API with that way
/// named in the path, the ones that do not work among them.
class V2Views {
 public:
  /// All of them outlive the views.
  V2Views(store::OrderStore& store, const base::Clock& clock, metrics::Metrics& metrics,
          const Options& options)
      : store_(store), clock_(clock), metrics_(metrics), options_(options) {}

  [[nodiscard]] frame::Actions actions();

 private:
  using View = asio::awaitable<frame::Outcome> (V2Views::*)(const frame::Call&);
  /// The view, unless the path or the query asks for what there is not, or is not the caller's.
  asio::awaitable<frame::Outcome> checked(View view, const frame::Call& call);

  asio::awaitable<frame::Outcome> root(const frame::Call& call);
  asio::awaitable<frame::Outcome> describe(const frame::Call& call);
  asio::awaitable<frame::Outcome> list(const frame::Call& call);
  asio::awaitable<frame::Outcome> create(const frame::Call& call);
  asio::awaitable<frame::Outcome> retrieve(const frame::Call& call);
  asio::awaitable<frame::Outcome> update(const frame::Call& call);
  asio::awaitable<frame::Outcome> destroy(const frame::Call& call);
  asio::awaitable<frame::Outcome> history(const frame::Call& call);

  /// What the body of a PUT or PATCH wants of the order.
  [[nodiscard]] base::Result<strategy::Change, frame::Problem> read_change(
      const frame::Call& call) const;
  /// The versions that a change may find.
  [[nodiscard]] base::Result<store::Versions, frame::Problem> read_precondition(
      const frame::Call& call) const;
  [[nodiscard]] frame::Problem refused(const frame::Call& call, const strategy::Change& change,
                                       const strategy::Refused& refusal) const;
  [[nodiscard]] frame::Problem missing() const { return frame::not_found(options_.language); }
  [[nodiscard]] order::Timestamp now() const { return order::timestamp(clock_.wall()); }

  store::OrderStore& store_;
  const base::Clock& clock_;
  metrics::Metrics& metrics_;
  const Options& options_;
};

}  // namespace views
