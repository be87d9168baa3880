#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres_values.h"
#include "store/requests.h"

/// The SQL of PostgresStore: its statements, what each is given, and what it gives.
namespace store::postgres {

extern const Statement select_one;
extern const Statement select_for_update;
extern const Statement select_next;
extern const Statement insert_new;
extern const Statement insert_with_key;
extern const Statement overwrite;
extern const Statement change;
extern const Statement delete_one;
extern const Statement lock_out_inserts;
extern const Statement insert_given;
extern const Statement select_history;
extern const Statement select_events;
extern const Statement select_last_event;
extern const Statement select_nothing;
extern const Statement begin_read_committed;
extern const Statement begin_serializable;
extern const Statement commit_all;

[[nodiscard]] Parameters parameters_of(const List& asked);
[[nodiscard]] Parameters parameters_of(const Get& asked);
[[nodiscard]] Parameters parameters_of(const Insert& asked);
[[nodiscard]] Parameters parameters_of(const InsertOnce& asked);
[[nodiscard]] Parameters parameters_of(const InsertAbsent& asked);
[[nodiscard]] Parameters parameters_of(const Save& asked);
[[nodiscard]] Parameters parameters_of(const Update& asked);
[[nodiscard]] Parameters parameters_of(const Transition& asked);
[[nodiscard]] Parameters parameters_of(const Remove& asked);
[[nodiscard]] Parameters parameters_of(const ReadHistory& asked);
[[nodiscard]] Parameters parameters_of(const ReadEvents& asked);

/// A query of orders by words, by an Excerpt or by a Selection, and what it is given.
struct Query {
  /// `what`: the columns, or a count.
  Query(std::string_view what, const std::vector<std::string>& words);
  explicit Query(const Excerpt& excerpt);
  explicit Query(const Selection& selection);

  Statement statement;
  Parameters parameters;

 private:
  /// Its name in the text.
  template <class Value>
  std::string add(const Value& value);

  int number_ = 0;
};

/// The order that begins in that column.
[[nodiscard]] Order order_of(const Rows& rows, int row, int column);
[[nodiscard]] std::vector<Order> orders_of(const Rows& rows);
[[nodiscard]] std::optional<Order> first_of(const Rows& rows);
[[nodiscard]] std::vector<Event> events_of(const Rows& rows);

}  // namespace store::postgres
