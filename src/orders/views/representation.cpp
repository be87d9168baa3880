#include "views/representation.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "dialect/body.h"
#include "dialect/negotiation.h"
#include "dialect/python_json.h"
#include "order/lifecycle.h"
#include "views/fields.h"

namespace views {
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

json::object describe(const FieldRule& rule, std::optional<std::int64_t> column_max) {
  json::object field = {{"type", type_of(rule.kind)},
                        {"required", rule.required},
                        {"read_only", rule.read_only()},
                        {"label", rule.label}};
  if (!rule.help_text.empty()) field["help_text"] = rule.help_text;
  if (rule.max_length > 0) field["max_length"] = rule.max_length;
  const bool is_number = rule.kind == FieldRule::Kind::integer;
  // A database whose columns have a range has it at both ends.
  if (is_number && (column_max || !rule.min_is_of_table)) field["min_value"] = rule.min;
  if (is_number && column_max) field["max_value"] = *column_max;
  if (rule.kind == FieldRule::Kind::status) field["choices"] = choices();
  return field;
}

}  // namespace

std::string time_text(order::Timestamp time) {
  using namespace std::chrono;
  const sys_time<order::Timestamp> at(time);
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const auto microseconds = static_cast<std::uint64_t>((at - day).count());
  const auto second = static_cast<std::uint32_t>(microseconds / 1'000'000);
  const auto fraction = static_cast<std::uint32_t>(microseconds % 1'000'000);
  std::array<char, 27> text = {"0000-00-00T00:00:00.000000"};
  // By hand: with a format string, two of these were a quarter of what a read costs.
  const auto put = [&text](std::size_t end, std::uint32_t number) {
    for (; number > 0; number /= 10) text[--end] = static_cast<char>('0' + number % 10);
  };
  put(4, static_cast<std::uint32_t>(int(date.year())));
  put(7, unsigned(date.month()));
  put(10, unsigned(date.day()));
  put(13, second / 3600);
  put(16, second / 60 % 60);
  put(19, second % 60);
  put(26, fraction);
  text[fraction == 0 ? 19 : 26] = 'Z';
  return {text.data(), fraction == 0 ? std::size_t{20} : std::size_t{27}};
}

json::object representation(const order::Order& order, frame::Mount mount) {
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
  if (!frame::is_original(mount)) object["version"] = order.version;
  return object;
}

void append_representation(const order::Order& order, frame::Mount mount, std::string& out) {
  constexpr std::size_t usual_bytes = 512;
  if (out.empty()) out.reserve(usual_bytes);
  const auto text = [&out](std::string_view name, std::string_view value) {
    out.append(name);
    dialect::append_json(value, out);
  };
  const auto number = [&out](std::string_view name, std::int64_t value) {
    out.append(name).append(fmt::format_int(value).c_str());
  };
  number("{\"id\":", order.id);
  text(",\"customer_name\":", order.customer_name);
  text(",\"restaurant_name\":", order.restaurant_name);
  text(",\"menu\":", order.menu);
  number(",\"quantity\":", order.quantity);
  number(",\"total_price\":", order.total_price);
  text(",\"delivery_address\":", order.delivery_address);
  text(",\"status\":", order.status);
  text(",\"created_at\":", time_text(order.created_at));
  text(",\"updated_at\":", time_text(order.updated_at));
  if (!frame::is_original(mount)) number(",\"version\":", order.version);
  out += '}';
}

json::object representation(const store::Event& event) {
  const auto text = [](const std::optional<std::string>& value) {
    return value ? json::value(*value) : json::value();
  };
  const auto role = event.actor.role;
  return {{"version", event.version},
          {"at", time_text(event.at)},
          {"kind", name_of(event.kind)},
          {"from", text(event.from)},
          {"to", text(event.to)},
          {"role", role ? json::value(order::name_of(*role)) : json::value()},
          {"name", event.actor.name.empty() ? json::value() : json::value(event.actor.name)}};
}

json::object metadata(std::string_view name, std::string_view description, std::string_view action,
                      std::optional<std::int64_t> column_max) {
  json::array renders;
  for (const dialect::Renderer& renderer : dialect::renderers)
    renders.emplace_back(renderer.media_type);
  json::object object = {
      {"name", name},
      {"description", description},
      {"renders", std::move(renders)},
      {"parses", json::array(dialect::parsed_types.begin(), dialect::parsed_types.end())}};
  if (action.empty()) return object;
  json::object fields;
  for (const FieldRule& rule : field_rules()) fields[rule.name] = describe(rule, column_max);
  object["actions"] = json::object{{action, std::move(fields)}};
  return object;
}

}  // namespace views
