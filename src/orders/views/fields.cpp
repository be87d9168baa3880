#include "views/fields.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "dialect/python_json.h"
#include "dialect/utf8.h"
#include "order/lifecycle.h"

namespace views {
namespace {

using dialect::Language;
using dialect::Message;
using frame::complain;
using Kind = FieldRule::Kind;
using Complaints = std::vector<frame::Complaint>;

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

std::string surrogates_in(std::string_view text) {
  std::string names;
  for (const std::uint32_t c : dialect::surrogates_in(text))
    names += fmt::format("{}U+{:X}", names.empty() ? "" : ", ", c);
  return names;
}

base::Result<std::string, Complaints> read_text(const FieldRule& rule, const json::value& value,
                                                Language language) {
  if (!value.is_string() && !value.is_number())
    return base::failure(Complaints{complain(Message::not_a_string, language)});
  const std::string given = dialect::python_str(value);
  std::string text(dialect::strip(given));
  if (text.empty()) return base::failure(Complaints{complain(Message::blank, language)});
  Complaints wrong;
  if (base::count_characters(text) > rule.max_length)
    wrong.push_back(complain(Message::too_long, language, rule.max_length));
  if (text.find('\0') != text.npos) wrong.push_back(complain(Message::null_characters, language));
  if (const std::string names = surrogates_in(text); !names.empty())
    wrong.push_back(complain(Message::surrogates, language, names));
  if (!wrong.empty()) return base::failure(std::move(wrong));
  return text;
}

/// int(re.sub(r'\.0*\s*$', '', str(value))), but for underscores and digits of other scripts.
base::Result<std::int64_t, Complaints> read_integer(const FieldRule& rule, const json::value& value,
                                                    Language language, std::int64_t max) {
  constexpr std::size_t longest = 1000;
  const std::string given = dialect::python_str(value);
  if (value.is_string() && base::count_characters(given) > longest)
    return base::failure(Complaints{complain(Message::string_too_large, language)});
  std::string_view text = dialect::strip(given);
  if (const std::size_t dot = text.find('.');
      dot != text.npos && text.find_first_not_of('0', dot + 1) == text.npos)
    text = text.substr(0, dot);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument)
    return base::failure(Complaints{complain(Message::not_an_integer, language)});
  const bool fits = error != std::errc::result_out_of_range;
  if (fits ? number > max : !text.starts_with('-'))
    return base::failure(Complaints{complain(Message::too_big, language, max)});
  if (!fits || number < rule.min)
    return base::failure(Complaints{complain(Message::too_small, language, rule.min)});
  return number;
}

base::Result<std::string, Complaints> read_status(const json::value& value, Language language) {
  const std::string text = dialect::python_str(value);
  if (!order::status_named(text))
    return base::failure(Complaints{complain(Message::not_a_choice, language, text)});
  return text;
}

/// Puts a valid value in its place.
base::Result<void, Complaints> read_field(const FieldRule& rule, const json::value& value,
                                          Fields& fields, Language language, std::int64_t max) {
  if (value.is_null()) return base::failure(Complaints{complain(Message::null, language)});
  const auto put = [](auto read, auto& place) -> base::Result<void, Complaints> {
    if (!read) return base::failure(std::move(read.error()));
    place = *std::move(read);
    return {};
  };
  if (rule.kind == Kind::text)
    return put(read_text(rule, value, language), fields.changes.*rule.text);
  if (rule.kind == Kind::integer)
    return put(read_integer(rule, value, language, max), fields.changes.*rule.integer);
  return put(read_status(value, language), fields.status);
}

/// A browser sends an empty text for an input that nobody filled in.
bool is_left_empty(const FieldRule& rule, const json::value& value) {
  return !rule.required && value.is_string() && value.get_string().empty();
}

}  // namespace

std::span<const FieldRule> field_rules() { return rules; }

frame::Problem not_an_object(const dialect::Body& body, Language language) {
  return frame::invalid({{"non_field_errors",
                          {body.data.is_null() ? complain(Message::no_data, language)
                                               : complain(Message::not_a_dictionary, language,
                                                          dialect::python_type(body.data))}}});
}

base::Result<Fields, frame::Problem> validate(const dialect::Body& body, bool partial,
                                              Language language,
                                              std::optional<std::int64_t> column_max) {
  const json::object* data = body.data.if_object();
  if (data == nullptr) return base::failure(not_an_object(body, language));
  const std::int64_t max = column_max.value_or(std::numeric_limits<std::int64_t>::max());
  Fields fields;
  frame::FieldErrors errors;
  for (const FieldRule& rule : rules) {
    if (rule.read_only()) continue;
    const json::value* value = data->if_contains(rule.name);
    if (value == nullptr) {
      if (rule.required && !partial)
        errors.emplace_back(rule.name, Complaints{complain(Message::required, language)});
      continue;
    }
    if (body.form && is_left_empty(rule, *value)) continue;
    if (auto read = read_field(rule, *value, fields, language, max); !read)
      errors.emplace_back(rule.name, std::move(read.error()));
  }
  if (!errors.empty()) return base::failure(frame::invalid(std::move(errors)));
  return fields;
}

}  // namespace views
