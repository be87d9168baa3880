#pragma once

#include "base/clock.h"
#include "events/hub.h"
#include "frame/service.h"
#include "metrics/metrics.h"
#include "store/order_store.h"
#include "views/django_views.h"
#include "views/live_events.h"
#include "views/operations.h"
#include "views/options.h"
#include "views/v2_views.h"

namespace views {

/// What views are built on; all of it outlives them.
struct Foundation {
  store::OrderStore& store;
  const base::Clock& clock;
  metrics::Metrics& metrics;
  events::Hub& hub;
};

/// Every view that there is. Safe on any thread.
class Views {
 public:
  Views(const Foundation& on, const Options& options);
  // They refer to the options.
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  /// For the frame. Refers to these views.
  [[nodiscard]] frame::Served served();

  /// From here on /readyz says that the service is about to stop. On any thread.
  void retire() { operations_.retire(); }

 private:
  const Options options_;
  Operations operations_;
  LiveEvents live_events_;
  DjangoViews django_;
  V2Views v2_;
};

}  // namespace views
