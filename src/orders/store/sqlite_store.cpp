#include "store/sqlite_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "store/sqlite_statements.h"

namespace store {
namespace {

using sqlite::event_of;
using sqlite::order_of;
using sqlite::Parameter;
using sqlite::parameters_of;
using sqlite::Query;

std::vector<Order> orders_of(sqlite::Connection& connection, const Query& query,
                             std::chrono::milliseconds patience) {
  sqlite::Statement prepared = connection.prepare(query.sql);  // of too many kinds to be kept
  const sqlite::Deadline deadline(connection, patience);
  sqlite::Run run(prepared, query.parameters);
  std::vector<Order> orders;
  while (run.next()) orders.push_back(order_of(run.row()));
  return orders;
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, std::chrono::milliseconds busy_timeout,
                         std::shared_ptr<KnownOrders> known)
    : busy_timeout_(busy_timeout), connection_(path, busy_timeout), known_(std::move(known)) {
  migrate(connection_, Migrate::new_ones);
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
  const unsigned changed = sqlite::difference(parameters_of(before), parameters);
  auto known = overwrites_.find(changed);
  if (known == overwrites_.end()) {
    known = overwrites_.emplace(changed, connection_.prepare(sqlite::update_of(changed))).first;
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
  sqlite::Run run(statement(sqlite::select_next), parameters);
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
  sqlite::Run run(statement(sqlite::select_one), key);
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
                                                sqlite::text_or_null(event.from),
                                                sqlite::text_or_null(event.to),
                                                event.version,
                                                role,
                                                std::string_view(event.actor.name),
                                                std::int64_t{event.at.count()},
                                                std::string_view(event.customer_name)};
  execute(sqlite::insert_event, parameters);
}

Order SqliteStore::add(const Draft& draft, const Actor& actor, Timestamp now) {
  Order order{draft, 0, now, now, 1};
  const auto all = parameters_of(order);
  execute(sqlite::insert_new, std::span(all).subspan(1));
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
  execute(sqlite::replace_key, claimed);
  const std::array<Parameter, 2> old = {std::int64_t{forgotten.count()}, keys_purged_at_once};
  execute(sqlite::purge_keys, old);
  change.keep();
  return Created{order};
}

std::optional<SqliteStore::Claim> SqliteStore::claim_of(const std::string& key) {
  const std::array<Parameter, 1> asked = {key};
  sqlite::Run run(statement(sqlite::select_key), asked);
  if (!run.next()) return std::nullopt;
  return Claim{run.row().text(0), run.row().integer(1), Timestamp(run.row().integer(2))};
}

InsertAbsent::Given SqliteStore::perform(const InsertAbsent& asked) {
  sqlite::Change change(connection_);
  std::size_t added = 0;
  for (const Order& order : asked.orders) {
    if (get(order.id)) continue;
    Order given = order;
    given.version =
        std::max(order.version, number(sqlite::select_last_version, order.id).value_or(0) + 1);
    execute(sqlite::insert_again, parameters_of(given));
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
    const Version last = number(sqlite::select_last_version, order.id).value_or(0);
    saved.version = std::max(order.version, last) + 1;
    execute(sqlite::insert_again, parameters_of(saved));
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
    execute(sqlite::delete_one, key);
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
  std::vector<Event> history = read_events(sqlite::select_history, parameters);
  std::reverse(history.begin(), history.end());
  return history;
}

ReadEvents::Given SqliteStore::perform(const ReadEvents& asked) {
  const std::array<Parameter, 2> parameters = {asked.after.id,
                                               static_cast<std::int64_t>(asked.limit)};
  return read_events(sqlite::select_events, parameters);
}

LastEvent::Given SqliteStore::perform(const LastEvent& /*asked*/) {
  return {0, number(sqlite::select_last_event, 0).value_or(0)};
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
