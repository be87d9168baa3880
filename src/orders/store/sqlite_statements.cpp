#include "store/sqlite_statements.h"

#include <fmt/format.h>

namespace store::sqlite {
namespace {

constexpr std::string_view columns =
    "id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, "
    "created_at, updated_at, version";

constexpr std::string_view event_columns =
    "id, order_id, kind, from_status, to_status, version, role, name, at, customer_name";

/// ?1 of every statement that writes a row is its id, and so on.
constexpr std::array column_names = {"id",         "customer_name", "restaurant_name",  "menu",
                                     "quantity",   "total_price",   "delivery_address", "status",
                                     "created_at", "updated_at",    "version"};

/// That so many words are there, as a tree as flat as can be: SQLite bounds its depth.
std::string all_found(std::size_t words) {
  // SQLite's lower() knows ASCII only, which is what is promised.
  if (words == 1)
    return "(instr(lower(customer_name), lower(?)) OR instr(lower(restaurant_name), lower(?))"
           " OR instr(lower(menu), lower(?)))";
  return fmt::format("({} AND {})", all_found(words / 2), all_found(words - words / 2));
}

}  // namespace

const std::string select_next =
    fmt::format("SELECT {} FROM orders WHERE id > ? ORDER BY id LIMIT ?", columns);
const std::string select_one = fmt::format("SELECT {} FROM orders WHERE id = ?", columns);
const std::string insert_again =
    fmt::format("INSERT INTO orders ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns);
const std::string insert_event =
    fmt::format("INSERT INTO events ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", event_columns);
const std::string select_events =
    fmt::format("SELECT {} FROM events WHERE id > ? ORDER BY id LIMIT ?", event_columns);
const std::string select_history = fmt::format(
    "SELECT {} FROM events WHERE order_id = ? ORDER BY version DESC LIMIT ?", event_columns);

RowParameters parameters_of(const Order& order) {
  return {order.id,
          order.customer_name,
          order.restaurant_name,
          order.menu,
          order.quantity,
          order.total_price,
          order.delivery_address,
          order.status,
          std::int64_t{order.created_at.count()},
          std::int64_t{order.updated_at.count()},
          order.version};
}

unsigned difference(const RowParameters& a, const RowParameters& b) {
  unsigned columns_that_differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.at(i) != b.at(i)) columns_that_differ |= 1U << i;
  return columns_that_differ;
}

std::string update_of(unsigned columns_that_differ) {
  std::string sql;
  for (std::size_t i = 0; i < column_names.size(); ++i)
    if ((columns_that_differ >> i & 1U) != 0)
      sql += fmt::format("{}{} = ?{}", sql.empty() ? "UPDATE orders SET " : ", ",
                         column_names.at(i), i + 1);
  return sql + " WHERE id = ?1";
}

Parameter text_or_null(const std::optional<std::string>& text) {
  return text ? Parameter(std::string_view(*text)) : Parameter();
}

Query::Query(std::string_view what, const std::vector<std::string>& words) {
  sql = fmt::format("SELECT {} FROM orders WHERE true", what);
  if (words.empty()) return;
  sql += " AND " + all_found(words.size());
  for (const std::string& word : words)
    parameters.insert(parameters.end(), 3, std::string_view(word));
}

Query::Query(const Excerpt& excerpt) : Query(columns, excerpt.search) {
  sql += " ORDER BY ";
  for (const Sorting& sorting : excerpt.sortings)
    sql += fmt::format("{} {}, ", name_of(sorting.column), sorting.descending ? "DESC" : "ASC");
  sql += "id LIMIT ? OFFSET ?";
  parameters.emplace_back(static_cast<std::int64_t>(excerpt.limit));
  parameters.emplace_back(static_cast<std::int64_t>(excerpt.offset));
}

Query::Query(const Selection& selection) : Query(columns, selection.search) {
  // "+" keeps SQLite off an index: it does not know that a customer has few orders, and a status
  // many, which it would have sorted for one page.
  const std::vector<Equality> equalities = equalities_of(selection);
  for (const Equality& each : equalities) {
    const bool is_first = &each == &equalities.front();
    const bool finds = is_first && (each.in_order || each.column != "status");
    sql += fmt::format(" AND {}{} = ?", finds ? "" : "+", each.column);
    parameters.emplace_back(each.text);
  }
  const std::string_view key = name_of(selection.key);
  if (selection.after) {
    sql += fmt::format(" AND ({}, id) {} (?, ?)", key, selection.descending ? "<" : ">");
    parameters.emplace_back(selection.after->first);
    parameters.emplace_back(selection.after->second);
  }
  sql +=
      fmt::format(" ORDER BY {0} {1}, id {1} LIMIT ?", key, selection.descending ? "DESC" : "ASC");
  parameters.emplace_back(static_cast<std::int64_t>(selection.limit));
}

Order order_of(const Statement& row) {
  Order order;
  int column = 0;
  order.id = row.integer(column++);
  order.customer_name = row.text(column++);
  order.restaurant_name = row.text(column++);
  order.menu = row.text(column++);
  order.quantity = row.integer(column++);
  order.total_price = row.integer(column++);
  order.delivery_address = row.text(column++);
  order.status = row.text(column++);
  order.created_at = Timestamp(row.integer(column++));
  order.updated_at = Timestamp(row.integer(column++));
  order.version = row.integer(column++);
  return order;
}

Event event_of(const Statement& row) {
  Event event;
  int column = 0;
  event.position.id = row.integer(column++);
  event.order = row.integer(column++);
  event.kind = known_kind(row.text(column++));
  event.from = row.text_or_null(column++);
  event.to = row.text_or_null(column++);
  event.version = row.integer(column++);
  const std::optional<std::string> role = row.text_or_null(column++);
  if (role) event.actor.role = order::role_named(*role);
  event.actor.name = row.text(column++);
  event.at = Timestamp(row.integer(column++));
  event.customer_name = row.text(column++);
  return event;
}

}  // namespace store::sqlite
