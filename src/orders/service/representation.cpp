#include "service/representation.h"

#include <fmt/format.h>

#include <chrono>

#include "order/lifecycle.h"
#include "service/body.h"
#include "service/fields.h"
#include "service/negotiation.h"

namespace service {
namespace {

json::array choices() {
  json::array all;
  for (const order::OrderStatus status : order::all_statuses) {
    std::string label(order::name_of(status));
    label.front() = static_cast<char>(label.front() - 'a' + 'A');
    all.push_back({{"value", order::name_of(status)}, {"display_name", label}});
  }
  return all;
}

std::string_view type_of(FieldRule::Kind kind) {
  switch (kind) {
    case FieldRule::Kind::text:
      return "string";
    case FieldRule::Kind::integer:
    case FieldRule::Kind::read_only_integer:
      return "integer";
    case FieldRule::Kind::status:
      return "choice";
    case FieldRule::Kind::read_only_time:
      break;
  }
  return "datetime";
}

json::object describe(const FieldRule& rule) {
  json::object field = {{"type", type_of(rule.kind)},
                        {"required", rule.required},
                        {"read_only", rule.read_only()},
                        {"label", rule.label}};
  if (!rule.help_text.empty()) field["help_text"] = rule.help_text;
  if (rule.max_length > 0) field["max_length"] = rule.max_length;
  if (rule.kind == FieldRule::Kind::integer && !rule.min_is_of_table) field["min_value"] = rule.min;
  if (rule.kind == FieldRule::Kind::status) field["choices"] = choices();
  return field;
}

}  // namespace

std::string time_text(order::Timestamp time) {
  using namespace std::chrono;
  const sys_time<order::Timestamp> at(time);
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

json::object representation(const order::Order& order, Mount mount) {
  json::object object = {{"id", order.id},
                         {"customer_name", order.customer_name},
                         {"restaurant_name", order.restaurant_name},
                         {"menu", order.menu},
                         {"quantity", order.quantity},
                         {"total_price", order.total_price},
                         {"delivery_address", order.delivery_address},
                         {"status", order.status},
                         {"created_at", time_text(order.created_at)},
                         {"updated_at", time_text(order.updated_at)}};
  if (mount == Mount::v2) object["version"] = order.version;
  return object;
}

json::object metadata(std::string_view name, std::string_view description,
                      std::string_view action) {
  json::array renders;
  for (const Renderer& renderer : renderers) renders.emplace_back(renderer.media_type);
  json::object object = {{"name", name},
                         {"description", description},
                         {"renders", std::move(renders)},
                         {"parses", json::array(parsed_types.begin(), parsed_types.end())}};
  if (action.empty()) return object;
  json::object fields;
  for (const FieldRule& rule : field_rules()) fields[rule.name] = describe(rule);
  object["actions"] = json::object{{action, std::move(fields)}};
  return object;
}

}  // namespace service
