#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "events/hub.h"
#include "events/listen.h"
#include "frame/call.h"
#include "net/server.h"
#include "store/order_store.h"

namespace views {

/// GET /api/v2/events.
class LiveEvents {
 public:
  /// All of them outlive it, and its streams.
  LiveEvents(events::Hub& hub, store::OrderStore& store, const base::Clock& clock,
             std::chrono::milliseconds heartbeat)
      : hub_(hub), store_(store), clock_(clock), options_{.heartbeat = heartbeat} {}

  /// The stream, from Last-Event-ID or else from now on, of what the caller may see.
  asio::awaitable<base::Result<net::Answer, frame::Problem>> open(const frame::Call& call);

 private:
  events::Hub& hub_;
  store::OrderStore& store_;
  const base::Clock& clock_;
  const events::ListenOptions options_;
};

/// An event as the stream has it.
[[nodiscard]] std::string event_text(const store::Event& event);

}  // namespace views
