#include "service/fields.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "order/lifecycle.h"
#include "service/python_json.h"
#include "service/utf8.h"

namespace service {
namespace {

using Kind = FieldRule::Kind;
using Messages = std::vector<std::string>;

constexpr std::array rules = {
    FieldRule{.name = "id", .label = "ID", .kind = Kind::read_only_integer},
    FieldRule{.name = "customer_name",
              .label = "Customer name",
              .required = true,
              .max_length = 50,
              .text = &order::Changes::customer_name},
    FieldRule{.name = "restaurant_name",
              .label = "Restaurant name",
              .required = true,
              .max_length = 100,
              .text = &order::Changes::restaurant_name},
    FieldRule{.name = "menu",
              .label = "Menu",
              .required = true,
              .max_length = 200,
              .text = &order::Changes::menu},
    FieldRule{.name = "quantity",
              .label = "Quantity",
              .kind = Kind::integer,
              .min = 1,
              .integer = &order::Changes::quantity},
    FieldRule{.name = "total_price",
              .label = "Total price",
              .kind = Kind::integer,
              .required = true,
              .min = 0,
              .min_is_of_table = true,
              .help_text = "KRW",
              .integer = &order::Changes::total_price},
    FieldRule{.name = "delivery_address",
              .label = "Delivery address",
              .required = true,
              .max_length = 255,
              .text = &order::Changes::delivery_address},
    FieldRule{.name = "status", .label = "Status", .kind = Kind::status},
    FieldRule{.name = "created_at", .label = "Created at", .kind = Kind::read_only_time},
    FieldRule{.name = "updated_at", .label = "Updated at", .kind = Kind::read_only_time},
};

/// str.isspace() of Python.
bool is_blank(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text) {
  std::size_t first = text.size();
  std::size_t end = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    if (is_blank(take_code_point(rest))) continue;
    first = std::min(first, at);
    end = text.size() - rest.size();
  }
  return first < end ? text.substr(first, end - first) : std::string_view();
}

std::string surrogates_in(std::string_view text) {
  std::string names;
  while (!text.empty()) {
    const std::uint32_t c = take_code_point(text);
    if (c < 0xD800 || c > 0xDFFF) continue;
    names += fmt::format("{}U+{:X}", names.empty() ? "" : ", ", c);
  }
  return names;
}

base::Result<std::string, Messages> read_text(const FieldRule& rule, const json::value& value) {
  if (!value.is_string() && !value.is_number())
    return base::failure(Messages{"Not a valid string."});
  const std::string given = python_str(value);
  std::string text(strip(given));
  if (text.empty()) return base::failure(Messages{"This field may not be blank."});
  Messages wrong;
  if (count_code_points(text) > rule.max_length)
    wrong.push_back(
        fmt::format("Ensure this field has no more than {} characters.", rule.max_length));
  if (text.find('\0') != text.npos) wrong.emplace_back("Null characters are not allowed.");
  if (const std::string names = surrogates_in(text); !names.empty())
    wrong.push_back(fmt::format("Surrogate characters are not allowed: {}.", names));
  if (!wrong.empty()) return base::failure(std::move(wrong));
  return text;
}

/// int(re.sub(r'\.0*\s*$', '', str(value))), but for underscores and digits of other scripts.
base::Result<std::int64_t, Messages> read_integer(const FieldRule& rule, const json::value& value) {
  constexpr std::size_t longest = 1000;
  const std::string given = python_str(value);
  if (value.is_string() && count_code_points(given) > longest)
    return base::failure(Messages{"String value too large."});
  std::string_view text = strip(given);
  if (const std::size_t dot = text.find('.');
      dot != text.npos && text.find_first_not_of('0', dot + 1) == text.npos)
    text = text.substr(0, dot);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument)
    return base::failure(Messages{"A valid integer is required."});
  if (error == std::errc::result_out_of_range && !text.starts_with('-'))
    return base::failure(Messages{fmt::format("Ensure this value is less than or equal to {}.",
                                              std::numeric_limits<std::int64_t>::max())});
  if (error == std::errc::result_out_of_range || number < rule.min)
    return base::failure(
        Messages{fmt::format("Ensure this value is greater than or equal to {}.", rule.min)});
  return number;
}

base::Result<std::string, Messages> read_status(const json::value& value) {
  const std::string text = python_str(value);
  if (!order::status_named(text))
    return base::failure(Messages{fmt::format("\"{}\" is not a valid choice.", text)});
  return text;
}

/// Puts a valid value in its place.
base::Result<void, Messages> read_field(const FieldRule& rule, const json::value& value,
                                        Fields& fields) {
  if (value.is_null()) return base::failure(Messages{"This field may not be null."});
  const auto put = [](auto read, auto& place) -> base::Result<void, Messages> {
    if (!read) return base::failure(std::move(read.error()));
    place = *std::move(read);
    return {};
  };
  if (rule.kind == Kind::text) return put(read_text(rule, value), fields.changes.*rule.text);
  if (rule.kind == Kind::integer)
    return put(read_integer(rule, value), fields.changes.*rule.integer);
  return put(read_status(value), fields.status);
}

/// A browser sends an empty text for an input that nobody filled in.
bool is_left_empty(const FieldRule& rule, const json::value& value) {
  return !rule.required && value.is_string() && value.get_string().empty();
}

}  // namespace

std::span<const FieldRule> field_rules() { return rules; }

base::Result<Fields, Problem> validate(const Body& body, bool partial) {
  if (body.data.is_null())
    return base::failure(invalid({{"non_field_errors", {"No data provided"}}}));
  const json::object* data = body.data.if_object();
  if (data == nullptr)
    return base::failure(invalid({{"non_field_errors",
                                   {fmt::format("Invalid data. Expected a dictionary, but got {}.",
                                                python_type(body.data))}}}));
  Fields fields;
  FieldErrors errors;
  for (const FieldRule& rule : rules) {
    if (rule.read_only()) continue;
    const json::value* value = data->if_contains(rule.name);
    if (value == nullptr) {
      if (rule.required && !partial)
        errors.emplace_back(rule.name, Messages{"This field is required."});
      continue;
    }
    if (body.form && is_left_empty(rule, *value)) continue;
    if (auto read = read_field(rule, *value, fields); !read)
      errors.emplace_back(rule.name, std::move(read.error()));
  }
  if (!errors.empty()) return base::failure(invalid(std::move(errors)));
  return fields;
}

}  // namespace service
