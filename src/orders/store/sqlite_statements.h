#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/requests.h"
#include "store/sqlite.h"

/// The SQL of SqliteStore: its statements, what they are given, and what they give.
namespace store::sqlite {

// Put together once: they are looked up by their text for every request.
extern const std::string select_next;
extern const std::string select_one;
extern const std::string insert_again;
extern const std::string insert_event;
extern const std::string select_events;
extern const std::string select_history;
inline constexpr std::string_view delete_one = "DELETE FROM orders WHERE id = ?";
inline constexpr std::string_view insert_new =
    "INSERT INTO orders (customer_name, restaurant_name, menu, quantity, total_price, "
    "delivery_address, status, created_at, updated_at, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr std::string_view select_last_event =
    "SELECT coalesce(max(id), 0) FROM events WHERE id > ?";
inline constexpr std::string_view select_last_version =
    "SELECT coalesce(max(version), 0) FROM events WHERE order_id = ?";
inline constexpr std::string_view select_key =
    "SELECT fingerprint, order_id, at FROM idempotency_keys WHERE key = ?";
inline constexpr std::string_view replace_key =
    "INSERT OR REPLACE INTO idempotency_keys (key, fingerprint, order_id, at) VALUES (?, ?, ?, ?)";
inline constexpr std::string_view purge_keys =
    "DELETE FROM idempotency_keys WHERE key IN "
    "(SELECT key FROM idempotency_keys WHERE at <= ? ORDER BY at LIMIT ?)";

/// ?1 is the id, and so on, in every statement that writes a row. Texts are borrowed.
using RowParameters = std::array<Parameter, 11>;
[[nodiscard]] RowParameters parameters_of(const Order& order);
/// The columns in which two rows differ: bit 0 for the first, and so on.
[[nodiscard]] unsigned difference(const RowParameters& a, const RowParameters& b);
/// An UPDATE of these columns.
[[nodiscard]] std::string update_of(unsigned columns_that_differ);

[[nodiscard]] Parameter text_or_null(const std::optional<std::string>& text);

/// A query of orders by words, by an Excerpt or by a Selection, and what it is given. Borrows what
/// it is made of.
struct Query {
  /// `what`: the columns, or a count.
  Query(std::string_view what, const std::vector<std::string>& words);
  explicit Query(const Excerpt& excerpt);
  explicit Query(const Selection& selection);

  std::string sql;
  std::vector<Parameter> parameters;
};

[[nodiscard]] Order order_of(const Statement& row);
[[nodiscard]] Event event_of(const Statement& row);

}  // namespace store::sqlite
