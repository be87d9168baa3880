#include "views/views.h"

#include <functional>

#include "strategy/strategies.h"

namespace views {

Views::Views(const Foundation& on, const Options& options)
    : options_(options),
      operations_(on.store, on.metrics),
      live_events_(on.hub, on.store, on.clock, options_.heartbeat),
      django_(on.store, on.clock, options_),
      v2_(on.store, on.clock, on.metrics, options_) {}

frame::Served Views::served() {
  frame::Served served{.v1 = django_.v1_actions(),
                       .std = django_.std_actions(),
                       .v2 = v2_.actions(),
                       .operations = std::bind_front(&Operations::answer, &operations_),
                       .events = std::bind_front(&LiveEvents::open, &live_events_)};
  for (const strategy::Strategy& each : strategy::all_strategies()) served.lab.push_back(each.name);
  return served;
}

}  // namespace views
