#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"
#include "events/hub.h"
#include "net/server.h"
#include "store/order_store.h"

namespace events {

/// Who listens.
struct Audience {
  std::optional<std::string> customer_name;  // nothing: all orders' events are theirs
  std::optional<base::Nanoseconds> until;    // wall time; nothing: as long as they like
};

struct ListenOptions {
  std::chrono::milliseconds heartbeat{15'000};  // of a stream that has nothing to tell
  std::size_t piece = 100;                      // events that are sent at once
};

/// Server-sent events (the HTML standard, 9.2): everything after `from`, each event with its
/// position as id, so that a client that comes back with Last-Event-ID goes on where it was. The
/// stream begins with an id, and heartbeats have one when there were events for others only.
///
/// At most one piece a listener is in memory; one that does not take it in time is dropped by the
/// server, and goes on later. While the database fails there is nothing to tell. A coroutine;
/// `hub`, `store` and `clock` outlive it.
asio::awaitable<void> listen(Hub& hub, store::OrderStore& store, const base::Clock& clock,
                             store::Position from, Audience audience, ListenOptions options,
                             net::Stream& stream);

inline constexpr std::string_view stream_type = "text/event-stream";

}  // namespace events
