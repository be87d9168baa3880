#include "events/listen.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace events {
namespace {

constexpr std::chrono::milliseconds retry{1'000};  // while the database fails

/// What is kept, or else what the database has; nothing at all if it fails.
asio::awaitable<std::optional<Tidings>> read(Hub& hub, store::OrderStore& store,
                                             store::Position after, std::size_t limit) {
  std::optional<Tidings> kept = hub.after(after, limit);
  if (kept) co_return kept;
  try {
    const std::vector<store::Event> events = co_await store.events(after, limit);
    kept = hub.written(events);
  } catch (const store::StoreError&) {
    // The hub, which fails likewise, has told.
  }
  co_return kept;
}

bool concerns(const Audience& audience, const Told& told) {
  return !audience.customer_name || *audience.customer_name == told.customer_name;
}

/// Until the next heartbeat, or the end.
std::chrono::milliseconds until_due(const base::Clock& clock, base::Nanoseconds spoke,
                                    const Audience& audience, const ListenOptions& options) {
  base::Nanoseconds left = options.heartbeat - (clock.now() - spoke);
  if (audience.until) left = std::min(left, *audience.until - clock.wall());
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(left, base::Nanoseconds::zero()));
}

}  // namespace

asio::awaitable<void> listen(Hub& hub, store::OrderStore& store, const base::Clock& clock,
                             store::Position from, Audience audience, ListenOptions options,
                             net::Stream& stream) {
  const Listener listener(hub, stream.waker());
  const Tidings nothing;
  store::Position at = from;    // everything up to here was looked at
  store::Position told = from;  // the id that the client has
  base::Nanoseconds spoke = clock.now();
  bool goes_on =
      co_await stream.write(fmt::format("retry: 1000\nid: {}\n\n", store::text_of(from)));
  while (goes_on && (!audience.until || clock.wall() < *audience.until)) {
    const std::optional<Tidings> found = co_await read(hub, store, at, options.piece);
    const Tidings& tidings = found ? *found : nothing;
    std::string piece;
    for (const auto& each : tidings) {
      at = each->position;
      if (!concerns(audience, *each)) continue;
      piece += each->text;
      told = at;
    }
    if (piece.empty() && clock.now() - spoke >= options.heartbeat) {
      piece = ": heartbeat\n";
      if (told != at) piece += fmt::format("id: {}\n", store::text_of(at));
      piece += '\n';
      told = at;
    }
    if (!piece.empty()) {
      goes_on = co_await stream.write(std::move(piece));
      spoke = clock.now();
    }
    if (!goes_on) co_return;
    // Even who has more to tell asks whether it is to go on.
    const bool more = tidings.size() == options.piece;
    std::chrono::milliseconds due = until_due(clock, spoke, audience, options);
    if (more) due = std::chrono::milliseconds(0);
    if (!found) due = std::min(due, retry);
    goes_on = co_await stream.pause(due);
  }
}

}  // namespace events
