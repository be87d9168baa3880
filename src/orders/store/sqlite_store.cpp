#include "store/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace store {
namespace {

using sqlite::Parameter;

constexpr std::string_view columns =
    "id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, "
    "created_at, updated_at, version";

// Put together once: they are looked up by their text for every request.
const std::string select_next =
    fmt::format("SELECT {} FROM orders WHERE id > ? ORDER BY id LIMIT ?", columns);
const std::string select_one = fmt::format("SELECT {} FROM orders WHERE id = ?", columns);
/// ?1 of every statement that writes a row is its id, and so on.
constexpr std::array column_names = {"id",         "customer_name", "restaurant_name",  "menu",
                                     "quantity",   "total_price",   "delivery_address", "status",
                                     "created_at", "updated_at",    "version"};
const std::string insert_again =
    fmt::format("INSERT INTO orders ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns);
constexpr std::string_view delete_one = "DELETE FROM orders WHERE id = ?";
constexpr std::string_view insert_new =
    "INSERT INTO orders (customer_name, restaurant_name, menu, quantity, total_price, "
    "delivery_address, status, created_at, updated_at, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view event_columns =
    "id, order_id, kind, from_status, to_status, version, role, name, at, customer_name";
const std::string insert_event =
    fmt::format("INSERT INTO events ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", event_columns);
const std::string select_events =
    fmt::format("SELECT {} FROM events WHERE id > ? ORDER BY id LIMIT ?", event_columns);
const std::string select_history = fmt::format(
    "SELECT {} FROM events WHERE order_id = ? ORDER BY version DESC LIMIT ?", event_columns);
constexpr std::string_view select_last_event =
    "SELECT coalesce(max(id), 0) FROM events WHERE id > ?";
constexpr std::string_view select_last_version =
    "SELECT coalesce(max(version), 0) FROM events WHERE order_id = ?";

constexpr std::string_view select_key =
    "SELECT fingerprint, order_id, at FROM idempotency_keys WHERE key = ?";
constexpr std::string_view replace_key =
    "INSERT OR REPLACE INTO idempotency_keys (key, fingerprint, order_id, at) VALUES (?, ?, ?, ?)";
constexpr std::string_view purge_keys =
    "DELETE FROM idempotency_keys WHERE key IN "
    "(SELECT key FROM idempotency_keys WHERE at <= ? ORDER BY at LIMIT ?)";

Order order_of(const sqlite::Statement& row) {
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

std::array<Parameter, 11> parameters_of(const Order& order) {
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

/// The columns in which two rows differ: bit 0 for the first, and so on.
unsigned difference(const std::array<Parameter, 11>& a, const std::array<Parameter, 11>& b) {
  unsigned columns_that_differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.at(i) != b.at(i)) columns_that_differ |= 1U << i;
  return columns_that_differ;
}

Parameter text_or_null(const std::optional<std::string>& text) {
  return text ? Parameter(std::string_view(*text)) : Parameter();
}

Event event_of(const sqlite::Statement& row) {
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

/// A query of orders, and what it is given. Borrows what it is made of.
struct Query {
  std::string sql;
  std::vector<Parameter> parameters;

  Query(std::string_view what, const std::vector<std::string>& words) {
    sql = fmt::format("SELECT {} FROM orders WHERE true", what);
    if (words.empty()) return;
    sql += " AND " + all_found(words.size());
    for (const std::string& word : words)
      parameters.insert(parameters.end(), 3, std::string_view(word));
  }

  /// That so many words are there, as a tree as flat as can be: SQLite bounds its depth.
  static std::string all_found(std::size_t words) {
    // SQLite's lower() knows ASCII only, which is what is promised.
    if (words == 1)
      return "(instr(lower(customer_name), lower(?)) OR instr(lower(restaurant_name), lower(?))"
             " OR instr(lower(menu), lower(?)))";
    return fmt::format("({} AND {})", all_found(words / 2), all_found(words - words / 2));
  }

  explicit Query(const Excerpt& excerpt) : Query(columns, excerpt.search) {
    sql += " ORDER BY ";
    for (const Sorting& sorting : excerpt.sortings)
      sql += fmt::format("{} {}, ", name_of(sorting.column), sorting.descending ? "DESC" : "ASC");
    sql += "id LIMIT ? OFFSET ?";
    parameters.emplace_back(static_cast<std::int64_t>(excerpt.limit));
    parameters.emplace_back(static_cast<std::int64_t>(excerpt.offset));
  }

  explicit Query(const Selection& selection) : Query(columns, selection.search) {
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
    sql += fmt::format(" ORDER BY {0} {1}, id {1} LIMIT ?", key,
                       selection.descending ? "DESC" : "ASC");
    parameters.emplace_back(static_cast<std::int64_t>(selection.limit));
  }
};

std::vector<Order> orders_of(sqlite::Connection& connection, const Query& query,
                             std::chrono::milliseconds patience) {
  sqlite::Statement prepared = connection.prepare(query.sql);  // of too many kinds to be kept
  const sqlite::Deadline deadline(connection, patience);
  sqlite::Run run(prepared, query.parameters);
  std::vector<Order> orders;
  while (run.next()) orders.push_back(order_of(run.row()));
  return orders;
}

std::int64_t schema_version(sqlite::Connection& connection) {
  sqlite::Statement find = connection.prepare(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'");
  if (!sqlite::Run(find, {}).next()) return 0;
  sqlite::Statement read =
      connection.prepare("SELECT coalesce(max(version), 0) FROM schema_version");
  sqlite::Run run(read, {});
  return run.next() ? run.row().integer(0) : 0;
}

Migrated migrate_schema(sqlite::Connection& connection, Migrate which) {
  const std::int64_t newest = newest_schema();
  if (schema_version(connection) == newest) return {newest, newest};
  // Another process may be at it too; the one that gets the lock second finds the work done.
  sqlite::WriteTransaction transaction(connection);
  connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
  const std::int64_t found = schema_version(connection);
  require_migratable(found, which);
  for (std::int64_t version = found + 1; version <= newest; ++version) {
    connection.execute(migrations()[static_cast<std::size_t>(version - 1)].sqlite);
    const std::array<Parameter, 1> done = {version};
    sqlite::Statement note = connection.prepare("INSERT INTO schema_version VALUES (?)");
    sqlite::Run(note, done).finish();
  }
  transaction.commit();
  return {found, newest};
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, std::chrono::milliseconds busy_timeout,
                         std::shared_ptr<KnownOrders> known)
    : busy_timeout_(busy_timeout), connection_(path, busy_timeout), known_(std::move(known)) {
  migrate_schema(connection_, Migrate::new_ones);
}

Migrated SqliteStore::migrate(const std::string& path, std::chrono::milliseconds busy_timeout) {
  sqlite::Connection connection(path, busy_timeout);
  return migrate_schema(connection, Migrate::all);
}

sqlite::Statement& SqliteStore::statement(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  return statements_.emplace(sql, connection_.prepare(sql)).first->second;
}

// Only what changes: SQLite deletes and inserts again in the index of each column that an UPDATE
// names, whether it changes or not.
void SqliteStore::overwrite(const Order& before, const Order& after) {
  const auto parameters = parameters_of(after);
  const unsigned changed = difference(parameters_of(before), parameters);
  auto known = overwrites_.find(changed);
  if (known == overwrites_.end()) {
    std::string sql;
    for (std::size_t i = 0; i < column_names.size(); ++i)
      if ((changed >> i & 1U) != 0)
        sql += fmt::format("{}{} = ?{}", sql.empty() ? "UPDATE orders SET " : ", ",
                           column_names.at(i), i + 1);
    sql += " WHERE id = ?1";
    known = overwrites_.emplace(changed, connection_.prepare(sql)).first;
  }
  sqlite::Run(known->second, parameters).finish();
}

void SqliteStore::execute(std::string_view sql, std::span<const Parameter> parameters) {
  sqlite::Run(statement(sql), parameters).finish();
}

std::optional<std::int64_t> SqliteStore::number(std::string_view sql, std::int64_t parameter) {
  const std::array<Parameter, 1> parameters = {parameter};
  sqlite::Run run(statement(sql), parameters);
  if (!run.next()) return std::nullopt;
  return run.row().integer(0);
}

List::Given SqliteStore::perform(const List& asked) {
  const std::array<Parameter, 2> parameters = {asked.after, static_cast<std::int64_t>(asked.limit)};
  sqlite::Run run(statement(select_next), parameters);
  std::vector<Order> listed;
  while (run.next()) listed.push_back(order_of(run.row()));
  return listed;
}

Select::Given SqliteStore::perform(const Select& asked) {
  return orders_of(connection_, Query(asked.selection), busy_timeout_);
}

TakeExcerpt::Given SqliteStore::perform(const TakeExcerpt& asked) {
  return orders_of(connection_, Query(asked.excerpt), busy_timeout_);
}

Count::Given SqliteStore::perform(const Count& asked) {
  const Query query("count(*)", asked.search);
  sqlite::Statement prepared = connection_.prepare(query.sql);
  const sqlite::Deadline deadline(connection_, busy_timeout_);
  sqlite::Run run(prepared, query.parameters);
  return run.next() ? static_cast<std::size_t>(run.row().integer(0)) : 0;
}

Get::Given SqliteStore::perform(const Get& asked) {
  const std::array<Parameter, 1> key = {asked.id};
  sqlite::Run run(statement(select_one), key);
  if (!run.next()) return std::nullopt;
  return order_of(run.row());
}

std::optional<Order> SqliteStore::get_at_once(OrderId id) {
  const auto mark = connection_.commit_mark();
  std::optional<Order> found = mark ? known_->find(*mark, id) : std::nullopt;
  if (found) return found;
  found = get_impatiently(id);
  if (mark && found && mark == connection_.commit_mark()) known_->add(*mark, *found);
  return found;
}

std::optional<Order> SqliteStore::get_impatiently(OrderId id) {
  struct Impatience {
    SqliteStore& store;
    explicit Impatience(SqliteStore& of) : store(of) {
      store.connection_.set_busy_timeout(std::chrono::milliseconds(0));
    }
    ~Impatience() { store.connection_.set_busy_timeout(store.busy_timeout_); }
    Impatience(const Impatience&) = delete;
    Impatience& operator=(const Impatience&) = delete;
  };
  const Impatience impatience(*this);
  return get(id);
}

void SqliteStore::tell(const Event& event) {
  const Parameter role =
      event.actor.role ? Parameter(order::name_of(*event.actor.role)) : Parameter();
  const std::array<Parameter, 10> parameters = {std::monostate(),  // the next id
                                                event.order,
                                                name_of(event.kind),
                                                text_or_null(event.from),
                                                text_or_null(event.to),
                                                event.version,
                                                role,
                                                std::string_view(event.actor.name),
                                                std::int64_t{event.at.count()},
                                                std::string_view(event.customer_name)};
  execute(insert_event, parameters);
}

Order SqliteStore::add(const Draft& draft, const Actor& actor, Timestamp now) {
  Order order{draft, 0, now, now, 1};
  const auto all = parameters_of(order);
  execute(insert_new, std::span(all).subspan(1));
  order.id = connection_.last_id();
  tell({.order = order.id,
        .to = order.status,
        .version = 1,
        .actor = actor,
        .at = now,
        .customer_name = order.customer_name});
  note(order.id, order);
  return order;
}

Insert::Given SqliteStore::perform(const Insert& asked) {
  sqlite::Change change(connection_);
  Order order = add(asked.draft, asked.actor, asked.now);
  change.keep();
  return order;
}

InsertOnce::Given SqliteStore::perform(const InsertOnce& asked) {
  const Timestamp forgotten = asked.now - keys_are_kept;
  sqlite::Change change(connection_);
  if (const auto first = claim_of(asked.key); first && first->at > forgotten) {
    change.keep();
    if (first->fingerprint != asked.fingerprint) return base::failure(NotCreated::other_request);
    return Created{Order{asked.draft, first->order, first->at, first->at, 1}, /*replayed=*/true};
  }
  const Order order = add(asked.draft, asked.actor, asked.now);
  const std::array<Parameter, 4> claimed = {asked.key, asked.fingerprint, order.id,
                                            std::int64_t{asked.now.count()}};
  execute(replace_key, claimed);
  const std::array<Parameter, 2> old = {std::int64_t{forgotten.count()}, keys_purged_at_once};
  execute(purge_keys, old);
  change.keep();
  return Created{order};
}

std::optional<SqliteStore::Claim> SqliteStore::claim_of(const std::string& key) {
  const std::array<Parameter, 1> asked = {key};
  sqlite::Run run(statement(select_key), asked);
  if (!run.next()) return std::nullopt;
  return Claim{run.row().text(0), run.row().integer(1), Timestamp(run.row().integer(2))};
}

InsertAbsent::Given SqliteStore::perform(const InsertAbsent& asked) {
  sqlite::Change change(connection_);
  std::size_t added = 0;
  for (const Order& order : asked.orders) {
    if (get(order.id)) continue;
    Order given = order;
    given.version = std::max(order.version, number(select_last_version, order.id).value_or(0) + 1);
    execute(insert_again, parameters_of(given));
    tell({.order = given.id,
          .to = given.status,
          .version = given.version,
          .at = given.created_at,
          .customer_name = given.customer_name});
    note(given.id, given);
    ++added;
  }
  change.keep();
  return added;
}

// What an UPDATE ... RETURNING would give is read before it, under the same lock: SQLite keeps what
// it returns in a table of its own, which is made for each run and was two thirds of a change.

Save::Given SqliteStore::perform(const Save& asked) {
  sqlite::Change change(connection_);
  Order saved = overwrite_or_add(asked.order, asked.actor);
  change.keep();
  return saved;
}

Order SqliteStore::overwrite_or_add(const Order& order, const Actor& actor) {
  Order saved = order;
  Event event{.order = order.id,
              .to = order.status,
              .actor = actor,
              .at = order.updated_at,
              .customer_name = order.customer_name};
  if (const std::optional<Order> found = get(order.id)) {
    saved.version = found->version + 1;
    event.kind = Event::Kind::changed;
    event.from = found->status;
    overwrite(*found, saved);
  } else {
    const Version last = number(select_last_version, order.id).value_or(0);
    saved.version = std::max(order.version, last) + 1;
    execute(insert_again, parameters_of(saved));
  }
  event.version = saved.version;
  tell(event);
  note(saved.id, saved);
  return saved;
}

base::Result<Order, Lost> SqliteStore::find(OrderId id, const Versions& versions,
                                            const Actor& actor) {
  std::optional<Order> order = get(id);
  if (!order || !is_there_for(actor, order->customer_name)) return base::failure(Lost{});
  if (!is_wanted(versions, order->version))
    return base::failure(Lost{std::move(order->status), order->version});
  return *std::move(order);
}

Update::Given SqliteStore::perform(const Update& asked) {
  sqlite::Change change(connection_);
  base::Result<Order, Lost> order = find(asked.id, asked.versions, asked.actor);
  if (order) write(*order, std::nullopt, asked.changes, asked.actor, asked.now);
  change.keep();
  return order;
}

Transition::Given SqliteStore::perform(const Transition& asked) {
  sqlite::Change change(connection_);
  base::Result<Order, Lost> order = find(asked.id, asked.versions, asked.actor);
  if (order && std::none_of(asked.from.begin(), asked.from.end(), [&](OrderStatus status) {
        return order->status == order::name_of(status);
      }))
    order = base::failure(Lost{std::move(order->status), order->version});
  if (order) write(*order, asked.to, asked.changes, asked.actor, asked.now);
  change.keep();
  return order;
}

Remove::Given SqliteStore::perform(const Remove& asked) {
  sqlite::Change change(connection_);
  base::Result<Order, Lost> order = find(asked.id, asked.versions, asked.actor);
  if (order) {
    const std::array<Parameter, 1> key = {asked.id};
    execute(delete_one, key);
    tell({.order = asked.id,
          .kind = Event::Kind::removed,
          .from = order->status,
          .version = order->version + 1,
          .actor = asked.actor,
          .at = asked.now,
          .customer_name = order->customer_name});
    note(asked.id, std::nullopt);
  }
  change.keep();
  return order;
}

void SqliteStore::note(OrderId id, std::optional<Order> written) {
  if (written_) written_->insert_or_assign(id, std::move(written));
}

void SqliteStore::write(Order& row, std::optional<OrderStatus> to, const Changes& changes,
                        const Actor& actor, Timestamp now) {
  const Order before = row;
  if (to) row.status = order::name_of(*to);
  order::apply(changes, row);
  row.updated_at = now;
  ++row.version;
  overwrite(before, row);
  Event event{.order = row.id,
              .kind = Event::Kind::changed,
              .from = before.status,
              .actor = actor,
              .at = now};
  event.to = row.status;
  event.customer_name = row.customer_name;
  event.version = row.version;
  tell(event);
  note(row.id, row);
}

std::vector<Event> SqliteStore::read_events(std::string_view sql,
                                            std::span<const Parameter> parameters) {
  sqlite::Run run(statement(sql), parameters);
  std::vector<Event> events;
  while (run.next()) events.push_back(event_of(run.row()));
  return events;
}

ReadHistory::Given SqliteStore::perform(const ReadHistory& asked) {
  const std::array<Parameter, 2> parameters = {asked.id, longest_history};
  std::vector<Event> history = read_events(select_history, parameters);
  std::reverse(history.begin(), history.end());
  return history;
}

ReadEvents::Given SqliteStore::perform(const ReadEvents& asked) {
  const std::array<Parameter, 2> parameters = {asked.after.id,
                                               static_cast<std::int64_t>(asked.limit)};
  return read_events(select_events, parameters);
}

LastEvent::Given SqliteStore::perform(const LastEvent& /*asked*/) {
  return {0, number(select_last_event, 0).value_or(0)};
}

Ping::Given SqliteStore::perform(const Ping& /*asked*/) {
  connection_.require_file(StoreError::Outcome::not_committed);
  (void)number("SELECT max(version) FROM schema_version WHERE version >= ?", 0);
}

/// BEGIN waits for the first operation, which says what kind it has to be.
class SqliteStore::OwnTransaction final : public LocalTransaction {
 public:
  explicit OwnTransaction(SqliteStore& store) : store_(store) {}
  ~OwnTransaction() override {
    if (begun_) store_.connection_.rollback();
  }
  OwnTransaction(const OwnTransaction&) = delete;
  OwnTransaction& operator=(const OwnTransaction&) = delete;

  std::optional<Order> get(OrderId id) override {
    begin("BEGIN");
    return store_.get(id);
  }

  std::optional<Order> get_for_update(OrderId id) override {
    // What has read already becomes the writer by a write, be it of nothing.
    if (!begin("BEGIN IMMEDIATE")) store_.execute("DELETE FROM orders WHERE false", {});
    return store_.get(id);
  }

  Order save(const Order& order, const Actor& actor) override {
    begin("BEGIN IMMEDIATE");
    return store_.overwrite_or_add(order, actor);
  }

  void commit() override {
    if (!begun_) return;
    sqlite::WriteTransaction::finish(store_.connection_);
    begun_ = false;
  }

 private:
  /// False if it has begun before.
  bool begin(const char* how) {
    if (std::exchange(begun_, true)) return false;
    store_.connection_.require_file(StoreError::Outcome::not_committed);
    store_.connection_.execute(how);
    return true;
  }

  SqliteStore& store_;
  bool begun_ = false;
};

std::unique_ptr<LocalTransaction> SqliteStore::begin(Isolation /*isolation*/) {
  return std::make_unique<OwnTransaction>(*this);
}

void SqliteStore::together(std::span<const std::function<void()>> changes) {
  sqlite::WriteTransaction transaction(connection_);
  KnownOrders::Transaction news(*known_, connection_.commit_mark());
  written_.emplace();
  for (const auto& change : changes) {
    change();
    // Some errors (no room, no memory, a failing disk) undo more than the statement that met them.
    if (!connection_.in_transaction())
      throw StoreError(StoreError::Outcome::not_committed,
                       "SQLite: a change that failed undid those that it was made with");
  }
  transaction.commit();
  news.publish(connection_.commit_mark(), *std::exchange(written_, std::nullopt));
}

}  // namespace store
