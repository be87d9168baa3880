#include "store/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace store {
namespace {

using sqlite::Parameter;

// Migration N brings a database from version N - 1 to N. Never edited, only added to.
constexpr std::array migrations = {
    "CREATE TABLE orders ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " customer_name TEXT NOT NULL,"
    " restaurant_name TEXT NOT NULL,"
    " menu TEXT NOT NULL,"
    " quantity INTEGER NOT NULL CHECK (quantity >= 0),"
    " total_price INTEGER NOT NULL CHECK (total_price >= 0),"
    " delivery_address TEXT NOT NULL,"
    " status TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"  // microseconds since 1970
    " updated_at INTEGER NOT NULL,"
    " version INTEGER NOT NULL)",
};

constexpr std::string_view columns =
    "id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, "
    "created_at, updated_at, version";

// Put together once: they are looked up by their text for every request.
const std::string select_all = fmt::format("SELECT {} FROM orders ORDER BY id", columns);
const std::string select_one = fmt::format("SELECT {} FROM orders WHERE id = ?", columns);
const std::string insert_absent = fmt::format(
    "INSERT OR IGNORE INTO orders ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns);
// ?1, ?2, ... as the columns are numbered.
constexpr std::string_view overwrite =
    "UPDATE orders SET customer_name = ?2, restaurant_name = ?3, menu = ?4, quantity = ?5, "
    "total_price = ?6, delivery_address = ?7, status = ?8, created_at = ?9, updated_at = ?10, "
    "version = ?11 WHERE id = ?1";
const std::string insert_again =
    fmt::format("INSERT INTO orders ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns);
constexpr std::string_view select_version = "SELECT version FROM orders WHERE id = ?";
constexpr std::string_view insert_new =
    "INSERT INTO orders (customer_name, restaurant_name, menu, quantity, total_price, "
    "delivery_address, status, created_at, updated_at, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

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

std::int64_t schema_version(sqlite::Connection& connection) {
  sqlite::Statement read =
      connection.prepare("SELECT coalesce(max(version), 0) FROM schema_version");
  sqlite::Run run(read, {});
  return run.next() ? run.row().integer(0) : 0;
}

bool has_schema(sqlite::Connection& connection) {
  sqlite::Statement find = connection.prepare(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'");
  return sqlite::Run(find, {}).next();
}

void migrate(sqlite::Connection& connection) {
  constexpr auto newest = static_cast<std::int64_t>(migrations.size());
  if (has_schema(connection) && schema_version(connection) == newest) return;
  // Another process may be at it too; the one that gets the lock second finds the work done.
  sqlite::WriteTransaction transaction(connection);
  connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
  const std::int64_t found = schema_version(connection);
  if (found > newest)
    throw StoreError(StoreError::Outcome::not_committed,
                     fmt::format("the database has schema version {}, this program knows up to {}: "
                                 "use a newer program or another database",
                                 found, newest));
  for (std::int64_t version = found + 1; version <= newest; ++version) {
    connection.execute(migrations.at(static_cast<std::size_t>(version - 1)));
    const std::array<Parameter, 1> done = {version};
    sqlite::Statement note = connection.prepare("INSERT INTO schema_version VALUES (?)");
    sqlite::Run(note, done).finish();
  }
  transaction.commit();
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, std::chrono::milliseconds busy_timeout,
                         std::shared_ptr<KnownOrders> known)
    : busy_timeout_(busy_timeout), connection_(path, busy_timeout), known_(std::move(known)) {
  migrate(connection_);
}

sqlite::Statement& SqliteStore::statement(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  return statements_.emplace(sql, connection_.prepare(sql)).first->second;
}

void SqliteStore::perform(std::string_view sql, std::span<const Parameter> parameters) {
  sqlite::Run(statement(sql), parameters).finish();
}

std::vector<Order> SqliteStore::list() {
  sqlite::Run run(statement(select_all), {});
  std::vector<Order> all;
  while (run.next()) all.push_back(order_of(run.row()));
  return all;
}

std::optional<Order> SqliteStore::get(OrderId id) {
  const std::array<Parameter, 1> key = {id};
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

Order SqliteStore::insert(const Draft& draft, Timestamp now) {
  Order order{draft, 0, now, now, 1};
  const auto all = parameters_of(order);
  sqlite::Change change(connection_);
  perform(insert_new, std::span(all).subspan(1));
  order.id = connection_.last_id();
  note(order.id, order);
  change.keep();
  return order;
}

bool SqliteStore::insert_if_absent(const Order& order) {
  sqlite::Change change(connection_);
  perform(insert_absent, parameters_of(order));
  const bool added = connection_.changes() == 1;
  if (added) note(order.id, order);
  change.keep();
  return added;
}

// What an UPDATE ... RETURNING would give is read before it, under the same lock: SQLite keeps what
// it returns in a table of its own, which is made for each run and was two thirds of a change.

Order SqliteStore::save(const Order& order) {
  Order saved = order;
  sqlite::Change change(connection_);
  const std::optional<std::int64_t> found = version_of(order.id);
  saved.version = found.value_or(order.version) + 1;
  perform(found ? overwrite : insert_again, parameters_of(saved));
  note(saved.id, saved);
  change.keep();
  return saved;
}

std::optional<Order> SqliteStore::update(OrderId id, const Changes& changes, Timestamp now) {
  sqlite::Change change(connection_);
  std::optional<Order> order = get(id);
  if (order) write(*order, changes, now);
  change.keep();
  return order;
}

base::Result<Order, Lost> SqliteStore::transition(OrderId id, std::span<const OrderStatus> from,
                                                  OrderStatus to, const Changes& changes,
                                                  Timestamp now) {
  sqlite::Change change(connection_);
  std::optional<Order> order = get(id);
  const bool may_change = order && std::any_of(from.begin(), from.end(), [&](OrderStatus status) {
                            return order->status == order::name_of(status);
                          });
  if (may_change) {
    order->status = order::name_of(to);
    write(*order, changes, now);
  }
  change.keep();
  if (!order) return base::failure(Lost{});
  if (!may_change) return base::failure(Lost{std::move(order->status)});
  return *std::move(order);
}

bool SqliteStore::remove(OrderId id) {
  const std::array<Parameter, 1> key = {id};
  sqlite::Change change(connection_);
  perform("DELETE FROM orders WHERE id = ?", key);
  const bool removed = connection_.changes() == 1;
  note(id, std::nullopt);
  change.keep();
  return removed;
}

std::optional<std::int64_t> SqliteStore::version_of(OrderId id) {
  const std::array<Parameter, 1> key = {id};
  sqlite::Run run(statement(select_version), key);
  if (!run.next()) return std::nullopt;
  return run.row().integer(0);
}

void SqliteStore::note(OrderId id, std::optional<Order> written) {
  if (written_) written_->insert_or_assign(id, std::move(written));
}

void SqliteStore::write(Order& row, const Changes& changes, Timestamp now) {
  order::apply(changes, row);
  row.updated_at = now;
  ++row.version;
  perform(overwrite, parameters_of(row));
  note(row.id, row);
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
