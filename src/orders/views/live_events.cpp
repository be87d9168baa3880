#include "views/live_events.h"

#include <fmt/format.h>

#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

#include "callers/permissions.h"
#include "dialect/python_json.h"
#include "views/representation.h"

namespace views {
namespace {

events::Audience audience_of(const frame::Call& call) {
  events::Audience audience;
  if (!call.caller) return audience;
  audience.until = call.caller->expires;
  if (call.caller->role == order::Role::customer) audience.customer_name = call.caller->name;
  return audience;
}

frame::Problem wrong_position(std::string_view given, std::string_view why) {
  return frame::bad_header(
      "Last-Event-ID",
      fmt::format("Found '{}', which {}; without it the stream begins now.", given, why));
}

http::Response stream_head() {
  return {.fields = {{"Content-Type", std::string(events::stream_type)},
                     {"Cache-Control", "no-store"},
                     // nginx keeps answers until they are whole, but for this.
                     {"X-Accel-Buffering", "no"}}};
}

}  // namespace

asio::awaitable<base::Result<net::Answer, frame::Problem>> LiveEvents::open(
    const frame::Call& call) {
  const store::Position last = co_await store_.last_event();
  store::Position from = last;
  const auto given = http::find(call.request.fields, "Last-Event-ID").value_or("");
  if (!given.empty()) {
    const auto named = store::position_named(given);
    if (!named) co_return base::failure(wrong_position(given, "is no id of an event"));
    if (*named > last)
      co_return base::failure(wrong_position(given, "this database has not come to"));
    from = *named;
  }
  co_return net::Answer(stream_head(),
                        std::bind_front(events::listen, std::ref(hub_), std::ref(store_),
                                        std::cref(clock_), from, audience_of(call), options_));
}

std::string event_text(const store::Event& event) {
  json::object data = {{"order", event.order}};
  for (auto& member : representation(event)) data[member.key()] = std::move(member.value());
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", store::text_of(event.position),
                     name_of(event.kind), dialect::write_json(data));
}

}  // namespace views
