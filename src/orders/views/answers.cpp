#include "views/answers.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "views/conditions.h"
#include "views/representation.h"

namespace views {

using frame::Answer;

Answer show(const frame::Call& call, const order::Order& order, int status) {
  Answer answer{.status = status};
  if (!frame::is_original(call.route.mount))
    answer.fields.push_back({"ETag", etag_of(order.version, call.rendering)});
  if (call.rendering.is_plain())
    append_representation(order, call.route.mount, answer.written);
  else
    answer.body = representation(order, call.route.mount);
  return answer;
}

Answer show(const frame::Call& call, std::span<const order::Order> orders) {
  Answer answer;
  if (!call.rendering.is_plain()) {
    json::array shown;
    shown.reserve(orders.size());
    for (const order::Order& order : orders)
      shown.push_back(representation(order, call.route.mount));
    answer.body = std::move(shown);
    return answer;
  }
  answer.written = "[";
  for (const order::Order& order : orders) {
    if (answer.written.size() > 1) answer.written += ',';
    append_representation(order, call.route.mount, answer.written);
  }
  answer.written += ']';
  return answer;
}

Answer show_root(const frame::Call& call) {
  std::string link =
      fmt::format("http://{}{}orders", *http::find(call.request.fields, "Host"), call.route.prefix);
  const std::string_view asked = call.query.value("format");
  link += call.route.format ? "." + *call.route.format : "/";
  if (!asked.empty()) link += fmt::format("?format={}", asked);
  return {.body = json::object{{"orders", link}}};
}

}  // namespace views
