#include "store/postgres_statements.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

namespace store::postgres {
namespace {

constexpr std::string_view columns =
    "id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, "
    "created_at, updated_at, version";

constexpr std::string_view event_columns =
    "transaction, id, order_id, kind, from_status, to_status, version, role, name, at, "
    "customer_name";

/// True, once this transaction has its turn at order $1: others wait for its end. Each change asks.
///
/// Events are told by the numbers of their transactions, and PostgreSQL gives an UPDATE its number
/// before it waits for the row: of two, the one that changes the row last may have the lower one.
///
///     A   number 7, waits for the row --------------| version 3, told first
///     B   number 8, had the row | version 2, COMMIT
///
/// Who waits here has no number yet. (SELECT ... FOR UPDATE in its place would be right but for a
/// row that was changed again while it waited: it has drawn its number when it waits once more.)
constexpr std::string_view its_turn =
    "pg_advisory_xact_lock(1, ($1::bigint % 2147483647)::integer) IS NOT NULL";

}  // namespace

const Statement select_one{"get", fmt::format("SELECT {} FROM orders WHERE id = $1", columns)};
const Statement select_for_update{
    "get_for_update",
    fmt::format("SELECT {} FROM orders WHERE id = $1 AND {} FOR UPDATE", columns, its_turn)};
const Statement select_next{
    "list", fmt::format("SELECT {} FROM orders WHERE id > $1 ORDER BY id LIMIT $2", columns)};

// Each change writes its event from what it RETURNS: of a change that was not made there is none.

const Statement insert_new{"insert", R"(
WITH added AS (
  INSERT INTO orders (customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status,
                      created_at, updated_at, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1)
  RETURNING id, status),
noted AS (
  INSERT INTO events (order_id, kind, to_status, version, role, name, at, customer_name)
  SELECT id, 'created', status, 1, $9::text, $10::text, $8, $1 FROM added)
SELECT id FROM added)"};

// The key is claimed by the row in idempotency_keys; the lock only tells who comes meanwhile that
// the first one is not over, instead of having them wait for it.
const Statement insert_with_key{"insert_once", R"(
WITH known AS MATERIALIZED (
  SELECT fingerprint, order_id, at FROM idempotency_keys WHERE key = $11 AND at > $13),
lock AS MATERIALIZED (
  SELECT CASE WHEN EXISTS (SELECT FROM known) THEN false
              ELSE pg_try_advisory_xact_lock(hashtextextended($11, 0)) END AS got),
claimed AS (
  INSERT INTO idempotency_keys (key, fingerprint, order_id, at)
  SELECT $11, $12::text, nextval('orders_id_seq'), $8::timestamptz FROM lock WHERE got
  ON CONFLICT (key) DO UPDATE
    SET fingerprint = excluded.fingerprint, order_id = excluded.order_id, at = excluded.at
    WHERE idempotency_keys.at <= $13
  RETURNING order_id),
added AS (
  INSERT INTO orders (id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status,
                      created_at, updated_at, version)
  SELECT order_id, $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, $7::text, $8, $8, 1 FROM claimed),
noted AS (
  INSERT INTO events (order_id, kind, to_status, version, role, name, at, customer_name)
  SELECT order_id, 'created', $7, 1, $9::text, $10::text, $8, $1 FROM claimed),
purged AS (
  DELETE FROM idempotency_keys WHERE key IN (
    SELECT key FROM idempotency_keys WHERE at <= $13 AND key <> $11 ORDER BY at LIMIT $14 FOR UPDATE SKIP LOCKED))
SELECT lock.got, claimed.order_id, known.order_id, known.at, known.fingerprint = $12
FROM lock LEFT JOIN claimed ON true LEFT JOIN known ON true)"};

const Statement overwrite{"save", fmt::format(R"(
WITH changed AS (
  UPDATE orders
  SET customer_name = $2, restaurant_name = $3, menu = $4, quantity = $5, total_price = $6, delivery_address = $7,
      previous_status = status, status = $8, created_at = $9, updated_at = $10, version = version + 1
  WHERE id = $1 AND {0}
  RETURNING previous_status, version),
added AS (
  INSERT INTO orders (id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status,
                      created_at, updated_at, version)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
         greatest($11::bigint, (SELECT max(version) FROM events WHERE order_id = $1)) + 1
  WHERE NOT EXISTS (SELECT FROM changed) AND {0}
  ON CONFLICT (id) DO NOTHING
  RETURNING version),
noted AS (
  INSERT INTO events (order_id, kind, from_status, to_status, version, role, name, at, customer_name)
  SELECT $1, 'changed', previous_status, $8, version, $12::text, $13::text, $10, $2 FROM changed
  UNION ALL SELECT $1, 'created', NULL, $8, version, $12, $13, $10, $2 FROM added)
SELECT version, NULL::bigint FROM changed
UNION ALL
SELECT version, CASE WHEN $1 >= (SELECT last_value FROM orders_id_seq) THEN setval('orders_id_seq', $1) END
FROM added)",
                                              its_turn)};

/// An update and a transition. NULL: as it is, or any. Who has lost already does not wait to be
/// told.
const Statement change{"change", fmt::format(R"(
WITH changed AS (
  UPDATE orders
  SET customer_name = coalesce($2, customer_name), restaurant_name = coalesce($3, restaurant_name),
      menu = coalesce($4, menu), quantity = coalesce($5, quantity), total_price = coalesce($6, total_price),
      delivery_address = coalesce($7, delivery_address),
      previous_status = status, status = coalesce($8, status), updated_at = $9, version = version + 1
  WHERE id = $1
    AND CASE WHEN ($10::text[] IS NULL OR status = ANY ($10)) AND (version = ANY ($11::bigint[])) = $12
                  AND ($15::text IS NULL OR customer_name = $15)
             THEN {1} ELSE false END
  RETURNING {0}, previous_status),
noted AS (
  INSERT INTO events (order_id, kind, from_status, to_status, version, role, name, at, customer_name)
  SELECT id, 'changed', previous_status, status, version, $13::text, $14::text, updated_at, customer_name
  FROM changed)
SELECT true, {0} FROM changed
UNION ALL
SELECT false, {0} FROM orders WHERE id = $1 AND NOT EXISTS (SELECT FROM changed))",
                                             columns, its_turn)};

const Statement delete_one{"remove", fmt::format(R"(
WITH removed AS (
  DELETE FROM orders
  WHERE id = $1 AND CASE WHEN (version = ANY ($2::bigint[])) = $3 AND ($7::text IS NULL OR customer_name = $7)
                         THEN {1} ELSE false END
  RETURNING {0}),
noted AS (
  INSERT INTO events (order_id, kind, from_status, version, role, name, at, customer_name)
  SELECT id, 'removed', status, version + 1, $4::text, $5::text, $6::timestamptz, customer_name FROM removed)
SELECT true, {0} FROM removed
UNION ALL
SELECT false, {0} FROM orders WHERE id = $1 AND NOT EXISTS (SELECT FROM removed))",
                                                 columns, its_turn)};

// While others insert, the sequence could be set back: they draw their ids without a lock.
const Statement lock_out_inserts{"", "LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE"};
const Statement insert_given{"", fmt::format(R"(
WITH given AS (
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
                       $8::text[], $9::timestamptz[], $10::timestamptz[], $11::bigint[]) AS given ({0})),
added AS (
  INSERT INTO orders ({0})
  SELECT id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, created_at,
         updated_at, greatest(version, 1 + (SELECT max(version) FROM events WHERE order_id = given.id))
  FROM given
  ON CONFLICT (id) DO NOTHING
  RETURNING id, status, version, created_at, customer_name),
noted AS (
  INSERT INTO events (order_id, kind, to_status, version, name, at, customer_name)
  SELECT id, 'created', status, version, '', created_at, customer_name FROM added)
SELECT count(*),
       CASE WHEN max(id) >= (SELECT last_value FROM orders_id_seq) THEN setval('orders_id_seq', max(id)) END
FROM added)",
                                             columns)};

const Statement select_history{"history", fmt::format("SELECT {} FROM events WHERE order_id = $1 "
                                                      "ORDER BY version DESC LIMIT $2",
                                                      event_columns)};
// A transaction that began earlier than others may commit later; what is older than all that run
// is over.
const Statement select_events{
    "events", fmt::format("SELECT {} FROM events WHERE (transaction, id) > ($1, $2) "
                          "AND transaction < pg_snapshot_xmin(pg_current_snapshot()) "
                          "ORDER BY transaction, id LIMIT $3",
                          event_columns)};
const Statement select_last_event{"last_event",
                                  "SELECT transaction, id FROM events "
                                  "WHERE transaction < pg_snapshot_xmin(pg_current_snapshot()) "
                                  "ORDER BY transaction DESC, id DESC LIMIT 1"};

const Statement select_nothing{"ping", "SELECT"};
const Statement begin_read_committed{"", "BEGIN ISOLATION LEVEL READ COMMITTED"};
const Statement begin_serializable{"", "BEGIN ISOLATION LEVEL SERIALIZABLE"};
const Statement commit_all{"", "COMMIT"};

// ---- What they are given

namespace {

void add_actor(Parameters& parameters, const Actor& actor) {
  if (actor.role)
    parameters.add(order::name_of(*actor.role));
  else
    parameters.add_null();
  parameters.add(std::string_view(actor.name));
}

/// Whose order it has to be; NULL: anybody's.
void add_owner(Parameters& parameters, const Actor& actor) {
  if (actor.own_only)
    parameters.add(std::string_view(actor.name));
  else
    parameters.add_null();
}

/// version = ANY (the first one) is what the second one says.
void add_versions(Parameters& parameters, const Versions& versions) {
  parameters.add(versions.listed).add(versions.are_wanted);
}

/// $1 to $10 of the two inserts.
Parameters parameters_of(const Draft& draft, const Actor& actor, Timestamp now) {
  Parameters parameters;
  parameters.add(std::string_view(draft.customer_name))
      .add(std::string_view(draft.restaurant_name))
      .add(std::string_view(draft.menu))
      .add(draft.quantity)
      .add(draft.total_price)
      .add(std::string_view(draft.delivery_address))
      .add(std::string_view(draft.status))
      .add(now);
  add_actor(parameters, actor);
  return parameters;
}

/// $1 to $8 of `change`.
Parameters parameters_of(OrderId id, const Changes& changes, const std::optional<OrderStatus>& to) {
  Parameters parameters;
  parameters.add(id)
      .add(changes.customer_name)
      .add(changes.restaurant_name)
      .add(changes.menu)
      .add(changes.quantity)
      .add(changes.total_price)
      .add(changes.delivery_address);
  if (to)
    parameters.add(order::name_of(*to));
  else
    parameters.add_null();
  return parameters;
}

template <class Field>
auto column_of(const std::vector<Order>& orders, Field field) {
  std::vector<std::remove_cvref_t<decltype(orders.front().*field)>> column;
  column.reserve(orders.size());
  for (const Order& order : orders) column.push_back(order.*field);
  return column;
}

}  // namespace

Parameters parameters_of(const List& asked) {
  Parameters parameters;
  parameters.add(asked.after).add(static_cast<std::int64_t>(asked.limit));
  return parameters;
}

Parameters parameters_of(const Get& asked) {
  Parameters parameters;
  parameters.add(asked.id);
  return parameters;
}

Parameters parameters_of(const Insert& asked) {
  return parameters_of(asked.draft, asked.actor, asked.now);
}

Parameters parameters_of(const InsertOnce& asked) {
  Parameters parameters = parameters_of(asked.draft, asked.actor, asked.now);
  parameters.add(std::string_view(asked.key))
      .add(std::string_view(asked.fingerprint))
      .add(asked.now - keys_are_kept)
      .add(keys_purged_at_once);
  return parameters;
}

Parameters parameters_of(const InsertAbsent& asked) {
  Parameters parameters;
  parameters.add(column_of(asked.orders, &Order::id))
      .add(column_of(asked.orders, &Order::customer_name))
      .add(column_of(asked.orders, &Order::restaurant_name))
      .add(column_of(asked.orders, &Order::menu))
      .add(column_of(asked.orders, &Order::quantity))
      .add(column_of(asked.orders, &Order::total_price))
      .add(column_of(asked.orders, &Order::delivery_address))
      .add(column_of(asked.orders, &Order::status))
      .add(column_of(asked.orders, &Order::created_at))
      .add(column_of(asked.orders, &Order::updated_at))
      .add(column_of(asked.orders, &Order::version));
  return parameters;
}

Parameters parameters_of(const Save& asked) {
  const Order& order = asked.order;
  Parameters parameters;
  parameters.add(order.id)
      .add(std::string_view(order.customer_name))
      .add(std::string_view(order.restaurant_name))
      .add(std::string_view(order.menu))
      .add(order.quantity)
      .add(order.total_price)
      .add(std::string_view(order.delivery_address))
      .add(std::string_view(order.status))
      .add(order.created_at)
      .add(order.updated_at)
      .add(order.version);
  add_actor(parameters, asked.actor);
  return parameters;
}

Parameters parameters_of(const Update& asked) {
  Parameters parameters = parameters_of(asked.id, asked.changes, std::nullopt);
  parameters.add(asked.now).add_null();
  add_versions(parameters, asked.versions);
  add_actor(parameters, asked.actor);
  add_owner(parameters, asked.actor);
  return parameters;
}

Parameters parameters_of(const Transition& asked) {
  std::vector<std::string> sources;
  for (const OrderStatus status : asked.from) sources.emplace_back(order::name_of(status));
  Parameters parameters = parameters_of(asked.id, asked.changes, asked.to);
  parameters.add(asked.now).add(sources);
  add_versions(parameters, asked.versions);
  add_actor(parameters, asked.actor);
  add_owner(parameters, asked.actor);
  return parameters;
}

Parameters parameters_of(const Remove& asked) {
  Parameters parameters;
  parameters.add(asked.id);
  add_versions(parameters, asked.versions);
  add_actor(parameters, asked.actor);
  parameters.add(asked.now);
  add_owner(parameters, asked.actor);
  return parameters;
}

Parameters parameters_of(const ReadHistory& asked) {
  Parameters parameters;
  parameters.add(asked.id).add(longest_history);
  return parameters;
}

Parameters parameters_of(const ReadEvents& asked) {
  Parameters parameters;
  parameters.add_xid(asked.after.transaction)
      .add(asked.after.id)
      .add(static_cast<std::int64_t>(asked.limit));
  return parameters;
}

// ---- Queries of many kinds

namespace {

bool is_text(Sorting::Column column) {
  switch (column) {
    case Sorting::Column::id:
    case Sorting::Column::quantity:
    case Sorting::Column::total_price:
    case Sorting::Column::created_at:
    case Sorting::Column::updated_at:
      return false;
    default:
      return true;
  }
}

}  // namespace

template <class Value>
std::string Query::add(const Value& value) {
  parameters.add(value);
  return fmt::format("${}", ++number_);
}

Query::Query(std::string_view what, const std::vector<std::string>& words) {
  std::string& sql = statement.sql;
  sql = fmt::format("SELECT {} FROM orders WHERE true", what);
  // In the collation "C" lower() knows ASCII only, which is what is promised.
  for (const std::string& word : words)
    sql += fmt::format(
        R"( AND (strpos(lower(customer_name COLLATE "C"), lower({0}::text COLLATE "C")) > 0)"
        R"( OR strpos(lower(restaurant_name COLLATE "C"), lower({0}::text COLLATE "C")) > 0)"
        R"( OR strpos(lower(menu COLLATE "C"), lower({0}::text COLLATE "C")) > 0))",
        add(std::string_view(word)));
}

Query::Query(const Excerpt& excerpt) : Query(columns, excerpt.search) {
  std::string& sql = statement.sql;
  sql += " ORDER BY ";
  for (const Sorting& sorting : excerpt.sortings) {
    sql += fmt::format("{}{} {}, ", name_of(sorting.column),
                       is_text(sorting.column) ? R"( COLLATE "C")" : "",
                       sorting.descending ? "DESC" : "ASC");
  }
  sql += "id LIMIT " + add(static_cast<std::int64_t>(excerpt.limit));
  sql += " OFFSET " + add(static_cast<std::int64_t>(excerpt.offset));
}

/// An index of a column and the key has the page ready. But with "=", PostgreSQL may rather walk
/// through the whole table by the key until the page is full, for it believes that what it looks
/// for lies all over the table; and what is pending lies at its end. So the column is what the
/// page is sorted by first, and has bounds from which PostgreSQL does not see that this changes
/// nothing.
Query::Query(const Selection& selection) : Query(columns, selection.search) {
  const bool descending = selection.descending;
  std::string& sql = statement.sql;
  std::vector<std::string_view> sorted_by;
  std::vector<std::string> last;  // what the last order of the page before has there
  const std::vector<Equality> equalities = equalities_of(selection);
  for (const Equality& each : equalities) {
    const std::string text = add(each.text);
    if (&each != &equalities.front() || !each.in_order) {
      sql += fmt::format(" AND {} = {}", each.column, text);
      continue;
    }
    sorted_by.push_back(each.column);
    last.push_back(text);
    sql += fmt::format(" AND {} {} {}", each.column, descending ? ">=" : "<=", text);
    // Where there is a page before, its last order is the other bound.
    if (!selection.after)
      sql += fmt::format(" AND {} {} {}", each.column, descending ? "<=" : ">=", text);
  }
  if (selection.key != Selection::Key::id) sorted_by.push_back(name_of(selection.key));
  sorted_by.emplace_back("id");
  if (selection.after) {
    const auto& [key, id] = *selection.after;
    const bool is_time =
        selection.key == Selection::Key::created_at || selection.key == Selection::Key::updated_at;
    if (selection.key != Selection::Key::id)
      last.push_back(is_time ? add(Timestamp(key)) : add(key));
    last.push_back(add(id));
    sql += fmt::format(" AND ({}) {} ({})", fmt::join(sorted_by, ", "), descending ? "<" : ">",
                       fmt::join(last, ", "));
  }
  const std::string_view then = descending ? " DESC, " : ", ";
  sql += fmt::format(" ORDER BY {}{} LIMIT {}", fmt::join(sorted_by, then),
                     descending ? " DESC" : "", add(static_cast<std::int64_t>(selection.limit)));
}

// ---- What they give

Order order_of(const Rows& rows, int row, int column) {
  Order order;
  order.id = rows.integer(row, column++);
  order.customer_name = rows.text(row, column++);
  order.restaurant_name = rows.text(row, column++);
  order.menu = rows.text(row, column++);
  order.quantity = rows.integer(row, column++);
  order.total_price = rows.integer(row, column++);
  order.delivery_address = rows.text(row, column++);
  order.status = rows.text(row, column++);
  order.created_at = rows.time(row, column++);
  order.updated_at = rows.time(row, column++);
  order.version = rows.integer(row, column++);
  return order;
}

std::vector<Order> orders_of(const Rows& rows) {
  std::vector<Order> orders;
  orders.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) orders.push_back(order_of(rows, row, 0));
  return orders;
}

std::optional<Order> first_of(const Rows& rows) {
  if (rows.size() == 0) return std::nullopt;
  return order_of(rows, 0, 0);
}

std::vector<Event> events_of(const Rows& rows) {
  std::vector<Event> events;
  for (int row = 0; row < rows.size(); ++row) {
    Event& event = events.emplace_back();
    int column = 0;
    event.position.transaction = static_cast<std::uint64_t>(rows.integer(row, column++));
    event.position.id = rows.integer(row, column++);
    event.order = rows.integer(row, column++);
    event.kind = known_kind(rows.text(row, column++));
    event.from = rows.text_or_null(row, column++);
    event.to = rows.text_or_null(row, column++);
    event.version = rows.integer(row, column++);
    const std::optional<std::string> role = rows.text_or_null(row, column++);
    if (role) event.actor.role = order::role_named(*role);
    event.actor.name = rows.text(row, column++);
    event.at = rows.time(row, column++);
    event.customer_name = rows.text(row, column++);
  }
  return events;
}

}  // namespace store::postgres
