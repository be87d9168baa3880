#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>

#include "frame/call.h"
#include "http/message.h"
#include "metrics/metrics.h"
#include "store/order_store.h"

namespace asio = boost::asio;

namespace views {

/// What whoever runs the service asks it: /livez, /readyz, /metrics. Answered whatever the Host
/// header is: a probe asks the address, whatever name it knows it by. Safe on any thread.
class Operations {
 public:
  /// Both outlive it.
  Operations(store::OrderStore& store, const metrics::Metrics& metrics)
      : store_(store), metrics_(metrics) {}

  /// From here on the service is not ready: it is about to stop.
  void retire() { retiring_ = true; }

  /// For a route that is_operation(). Never throws.
  asio::awaitable<http::Response> answer(frame::Call& call);

 private:
  asio::awaitable<http::Response> readiness(frame::Call& call);

  store::OrderStore& store_;
  const metrics::Metrics& metrics_;
  std::atomic<bool> retiring_{false};
};

}  // namespace views
