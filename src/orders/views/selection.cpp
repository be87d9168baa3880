#include "views/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "order/lifecycle.h"
#include "views/listing.h"

namespace views {
namespace {

using order::Order;
using Key = store::Selection::Key;

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Where a page begins: beside the order with this key and id. As text "after.-id.8.8": what the
/// client makes of it is its own affair, nothing in it is secret or believed.
struct Cursor {
  bool backwards = false;
  Key key = Key::id;
  bool descending = false;
  std::int64_t value = 0;
  order::OrderId id = 0;
};

std::string text_of(const Cursor& cursor) {
  return fmt::format("{}.{}{}.{}.{}", cursor.backwards ? "before" : "after",
                     cursor.descending ? "-" : "", name_of(cursor.key), cursor.value, cursor.id);
}

struct Ordering {
  Key key = Key::id;
  bool descending = false;
};

std::optional<Ordering> read_ordering(std::string_view text) {
  Ordering ordering;
  ordering.descending = text.starts_with('-');
  if (ordering.descending) text.remove_prefix(1);
  const auto key = store::sort_key_named(text);
  if (!key) return std::nullopt;
  ordering.key = *key;
  return ordering;
}

bool is_time(Key key) { return key == Key::created_at || key == Key::updated_at; }

/// From the year 1 to 9999: what clients write and databases have.
bool has_a_year(order::Timestamp time) {
  constexpr order::Timestamp first = std::chrono::seconds(-62'135'596'800);
  constexpr order::Timestamp end = std::chrono::seconds(253'402'300'800);
  return time >= first && time < end;
}

std::optional<Cursor> read_cursor(std::string_view text) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? text.find('.') : text.size();
    if (end == text.npos) return std::nullopt;
    parts.at(i) = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto ordering = read_ordering(parts[1]);
  const auto value = number_in<std::int64_t>(parts[2]);
  const auto id = number_in<order::OrderId>(parts[3]);
  if ((parts[0] != "after" && parts[0] != "before") || !ordering || !value || !id)
    return std::nullopt;
  if (is_time(ordering->key) && !has_a_year(order::Timestamp(*value))) return std::nullopt;
  return Cursor{parts[0] == "before", ordering->key, ordering->descending, *value, *id};
}

frame::Problem wrong(std::string_view name, std::string_view found, std::string_view expected) {
  return frame::bad_parameter(std::string(name),
                              fmt::format("Found '{}', expected {}.", found, expected));
}

/// Runs through the names: a filter that is not given stays empty.
void read_filters(const dialect::Query& query, store::Selection& selection) {
  const auto put = [&](std::string_view name, std::optional<std::string>& place) {
    if (query.has(name)) place = query.value(name);
  };
  put("status", selection.status);
  put("customer_name", selection.customer_name);
  put("restaurant_name", selection.restaurant_name);
  selection.search = search_words(query.value("search"));
}

}  // namespace

const std::vector<std::string_view>& selection_parameters() {
  static const std::vector<std::string_view> names = {
      "limit", "cursor", "order", "status", "customer_name", "restaurant_name", "search"};
  return names;
}

base::Result<Asked, frame::Problem> read_selection(const dialect::Query& query) {
  Asked asked;
  store::Selection& selection = asked.selection;
  read_filters(query, selection);
  if (selection.status && !order::status_named(*selection.status))
    return base::failure(wrong("status", *selection.status, "a status of orders"));
  if (selection.search.size() > max_search_words)
    return base::failure(
        frame::bad_parameter("search", fmt::format("Found {} words, expected at most {}.",
                                                   selection.search.size(), max_search_words)));
  std::size_t limit = usual_limit;
  if (query.has("limit")) {
    const auto given = number_in<std::size_t>(query.value("limit"));
    if (!given || *given < 1 || *given > max_limit)
      return base::failure(
          wrong("limit", query.value("limit"), fmt::format("a number from 1 to {}", max_limit)));
    limit = *given;
  }
  selection.limit = limit + 1;
  Ordering ordering;
  if (query.has("order")) {
    const auto given = read_ordering(query.value("order"));
    if (!given)
      return base::failure(
          wrong("order", query.value("order"),
                "id, created_at, updated_at or total_price, with a - before it for descending"));
    ordering = *given;
  }
  selection.key = ordering.key;
  selection.descending = ordering.descending;
  if (!query.has("cursor")) return asked;
  const auto cursor = read_cursor(query.value("cursor"));
  if (!cursor)
    return base::failure(
        wrong("cursor", query.value("cursor"), "the cursor of a link of another page"));
  if (cursor->key != ordering.key || cursor->descending != ordering.descending)
    return base::failure(
        wrong("cursor", query.value("cursor"), "a cursor of a list in the same order"));
  asked.from_start = false;
  asked.backwards = cursor->backwards;
  selection.after = std::pair(cursor->value, cursor->id);
  if (asked.backwards) selection.descending = !selection.descending;
  return asked;
}

Section cut(const Asked& asked, std::vector<Order> found) {
  const store::Selection& selection = asked.selection;
  const bool more = found.size() == selection.limit;
  if (more) found.pop_back();
  if (asked.backwards) std::reverse(found.begin(), found.end());
  Section section{.orders = std::move(found)};
  if (section.orders.empty()) return section;
  const auto cursor = [&](const Order& beside, bool backwards) {
    return text_of({.backwards = backwards,
                    .key = selection.key,
                    .descending = selection.descending != asked.backwards,
                    .value = store::key_of(beside, selection.key),
                    .id = beside.id});
  };
  // On the side that the client came from there was something.
  if (more || asked.backwards) section.next = cursor(section.orders.back(), false);
  if (asked.backwards ? more : !asked.from_start)
    section.previous = cursor(section.orders.front(), true);
  return section;
}

}  // namespace views
