#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "service/actions.h"
#include "service/django_views.h"
#include "service/options.h"
#include "store/order_store.h"

namespace service {

/// The API that one should have: every change is one conditional change.
class V2Views {
 public:
  /// All of them outlive the views. What v2 has in common with the original, `django` answers.
  V2Views(store::OrderStore& store, const base::Clock& clock, const ServiceOptions& options,
          DjangoViews& django)
      : store_(store), clock_(clock), options_(options), django_(django) {}

  [[nodiscard]] Actions actions();

 private:
  asio::awaitable<Outcome> create(const Call& call);
  asio::awaitable<Outcome> update(const Call& call);
  [[nodiscard]] Problem missing() const { return not_found(options_.language); }

  store::OrderStore& store_;
  const base::Clock& clock_;
  const ServiceOptions& options_;
  DjangoViews& django_;
};

}  // namespace service
