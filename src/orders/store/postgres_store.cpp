#include "store/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <string_view>
#include <utility>

#include "store/postgres_statements.h"

namespace store {
namespace {

using namespace postgres;
using Outcome = StoreError::Outcome;

/// How often a statement is tried that somebody was faster than. Each time somebody else got on.
constexpr int most_tries = 100;

[[noreturn]] void give_up() {
  throw Conflict(fmt::format("PostgreSQL: others were faster {} times", most_tries));
}

bool is_among(std::string_view status, const std::vector<OrderStatus>& statuses) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [status](OrderStatus each) { return order::name_of(each) == status; });
}

}  // namespace

asio::awaitable<Rows> PostgresStore::run(const Statement& statement, const Parameters& parameters,
                                         Part part) {
  const auto executor = co_await asio::this_coro::executor;
  const std::shared_ptr<Pool> pool = pool_of(executor, number_, options_);
  std::optional<Place> place = pool->places->try_take();
  if (!place) {
    Place waited_for = co_await pool->places->take();
    place.emplace(std::move(waited_for));
  }
  const std::shared_ptr<Connection> connection = pool->least_busy();
  Rows rows = co_await connection->run(statement, parameters, part);
  co_return rows;
}

asio::awaitable<Rows> PostgresStore::run_again(const Statement& statement,
                                               const Parameters& parameters, Part part) {
  for (int tries = 1;; ++tries) {
    try {
      Rows rows = co_await run(statement, parameters, part);
      co_return rows;
    } catch (const Conflict&) {
      if (tries == most_tries) throw;
    }
  }
}

// ---- Transactions

class PostgresStore::RunningTransaction final : public Transaction {
 public:
  RunningTransaction(std::shared_ptr<Pool> pool, Place place)
      : pool_(std::move(pool)), place_(std::move(place)) {
    if (pool_->idle.empty()) {
      connection_ = pool_->connection();
    } else {
      connection_ = std::move(pool_->idle.back());
      pool_->idle.pop_back();
    }
  }
  ~RunningTransaction() override {
    if (!over_) connection_->roll_back();
    pool_->idle.push_back(std::move(connection_));
  }
  RunningTransaction(const RunningTransaction&) = delete;
  RunningTransaction& operator=(const RunningTransaction&) = delete;

  asio::awaitable<Rows> run(const Statement& statement, const Parameters& parameters,
                            Part part = Part::inside) {
    if (failed_ || (over_ && part != Part::opening))
      throw StoreError(Outcome::not_committed, "PostgreSQL: the transaction is over");
    over_ = part == Part::closing;
    failed_ = true;
    Rows rows = co_await connection_->run(statement, parameters, part);
    failed_ = false;
    co_return rows;
  }

  asio::awaitable<std::optional<Order>> get(OrderId id) override { return find(select_one, id); }
  asio::awaitable<std::optional<Order>> get_for_update(OrderId id) override {
    return find(select_for_update, id);
  }
  asio::awaitable<Order> save(Order order, Actor actor) override {
    Save asked{std::move(order), std::move(actor)};
    const Parameters parameters = parameters_of(asked);
    const Rows rows = co_await run(overwrite, parameters);
    if (rows.size() == 0) throw Conflict("PostgreSQL: another has added this order");
    asked.order.version = rows.integer(0, 0);
    co_return std::move(asked.order);
  }
  asio::awaitable<void> commit() override {
    const Parameters none;
    const Rows rows = co_await run(commit_all, none, Part::closing);
    if (rows.tag() != "COMMIT")
      throw StoreError(Outcome::not_committed, "PostgreSQL: the transaction was rolled back");
  }

 private:
  asio::awaitable<std::optional<Order>> find(const Statement& statement, OrderId id) {
    const Parameters parameters = parameters_of(Get{id});
    const Rows rows = co_await run(statement, parameters);
    co_return first_of(rows);
  }

  std::shared_ptr<Pool> pool_;
  Place place_;
  std::shared_ptr<Connection> connection_;
  bool over_ = true;  // until it has begun, and after COMMIT
  bool failed_ = false;
};

asio::awaitable<std::unique_ptr<PostgresStore::RunningTransaction>> PostgresStore::begin_one(
    Isolation isolation) {
  const auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<Pool> pool = pool_of(executor, number_, options_);
  Place place = co_await pool->transactions->take();
  auto running = std::make_unique<RunningTransaction>(std::move(pool), std::move(place));
  const Parameters none;
  co_await running->run(
      isolation == Isolation::serializable ? begin_serializable : begin_read_committed, none,
      Part::opening);
  co_return running;
}

asio::awaitable<std::unique_ptr<Transaction>> PostgresStore::begin(Isolation isolation) {
  std::unique_ptr<Transaction> begun = co_await begin_one(isolation);
  co_return begun;
}

// ---- Operations

PostgresStore::PostgresStore(Options options)
    : options_(std::make_shared<const Options>(std::move(options))), number_([] {
        static std::atomic<std::uint64_t> stores{0};
        return ++stores;
      }()) {
  migrate(options_->server, Migrate::new_ones);
}

asio::awaitable<List::Given> PostgresStore::perform(List asked) {
  const Parameters parameters = parameters_of(asked);
  const Rows rows = co_await run(select_next, parameters, Part::read);
  co_return orders_of(rows);
}

asio::awaitable<Select::Given> PostgresStore::perform(Select asked) {
  const Query query(asked.selection);
  const Rows rows = co_await run(query.statement, query.parameters, Part::read);
  co_return orders_of(rows);
}

asio::awaitable<TakeExcerpt::Given> PostgresStore::perform(TakeExcerpt asked) {
  const Query query(asked.excerpt);
  const Rows rows = co_await run(query.statement, query.parameters, Part::read);
  co_return orders_of(rows);
}

asio::awaitable<Count::Given> PostgresStore::perform(Count asked) {
  const Query query("count(*)", asked.search);
  const Rows rows = co_await run(query.statement, query.parameters, Part::read);
  co_return static_cast<std::size_t>(rows.integer(0, 0));
}

asio::awaitable<Get::Given> PostgresStore::perform(Get asked) {
  const Parameters parameters = parameters_of(asked);
  const Rows rows = co_await run(select_one, parameters, Part::read);
  co_return first_of(rows);
}

asio::awaitable<Insert::Given> PostgresStore::perform(Insert asked) {
  const Parameters parameters = parameters_of(asked);
  const Rows rows = co_await run_again(insert_new, parameters, Part::change);
  co_return Order{std::move(asked.draft), rows.integer(0, 0), asked.now, asked.now, 1};
}

asio::awaitable<InsertOnce::Given> PostgresStore::perform(InsertOnce asked) {
  const Parameters parameters = parameters_of(asked);
  for (int tries = 1; tries <= most_tries; ++tries) {
    const Rows rows = co_await run_again(insert_with_key, parameters, Part::change);
    const bool got_lock = rows.boolean(0, 0);
    const bool is_claimed = !rows.is_null(0, 1);
    const bool is_known = !rows.is_null(0, 2);
    if (is_claimed)
      co_return Created{Order{std::move(asked.draft), rows.integer(0, 1), asked.now, asked.now, 1}};
    if (is_known && !rows.boolean(0, 4)) co_return base::failure(NotCreated::other_request);
    if (is_known) {
      const Timestamp at = rows.time(0, 3);
      co_return Created{Order{std::move(asked.draft), rows.integer(0, 2), at, at, 1},
                        /*replayed=*/true};
    }
    if (!got_lock) co_return base::failure(NotCreated::running);
    // The first one has committed since this statement looked.
  }
  give_up();
}

asio::awaitable<InsertAbsent::Given> PostgresStore::perform(InsertAbsent asked) {
  const Parameters parameters = parameters_of(asked);
  const Parameters none;
  const std::unique_ptr<RunningTransaction> transaction =
      co_await begin_one(Isolation::read_committed);
  co_await transaction->run(lock_out_inserts, none);
  const Rows rows = co_await transaction->run(insert_given, parameters);
  co_await transaction->commit();
  co_return static_cast<std::size_t>(rows.integer(0, 0));
}

asio::awaitable<Save::Given> PostgresStore::perform(Save asked) {
  const Parameters parameters = parameters_of(asked);
  for (int tries = 1; tries <= most_tries; ++tries) {
    const Rows rows = co_await run_again(overwrite, parameters, Part::change);
    if (rows.size() == 0) continue;  // it was not there, and then another added it
    asked.order.version = rows.integer(0, 0);
    co_return std::move(asked.order);
  }
  give_up();
}

asio::awaitable<Update::Given> PostgresStore::perform(Update asked) {
  Parameters parameters = parameters_of(asked);  // before it is taken apart
  return make_change(change, std::move(parameters), std::nullopt, std::move(asked.versions),
                     std::move(asked.actor));
}

asio::awaitable<Transition::Given> PostgresStore::perform(Transition asked) {
  Parameters parameters = parameters_of(asked);  // before it is taken apart
  return make_change(change, std::move(parameters), std::move(asked.from),
                     std::move(asked.versions), std::move(asked.actor));
}

asio::awaitable<Remove::Given> PostgresStore::perform(Remove asked) {
  Parameters parameters = parameters_of(asked);  // before it is taken apart
  return make_change(delete_one, std::move(parameters), std::nullopt, std::move(asked.versions),
                     std::move(asked.actor));
}

asio::awaitable<base::Result<Order, Lost>> PostgresStore::make_change(const Statement& statement,
                                                                      Parameters parameters,
                                                                      std::optional<Sources> from,
                                                                      Versions versions,
                                                                      Actor actor) {
  for (int tries = 1; tries <= most_tries; ++tries) {
    const Rows rows = co_await run_again(statement, parameters, Part::change);
    if (rows.size() == 0) co_return base::failure(Lost{});
    Order order = order_of(rows, 0, 1);
    if (rows.boolean(0, 0)) co_return order;
    if (!is_there_for(actor, order.customer_name)) co_return base::failure(Lost{});
    if ((from && !is_among(order.status, *from)) || !is_wanted(versions, order.version))
      co_return base::failure(Lost{std::move(order.status), order.version});
    // So it was when the statement began to look, and no longer when it had the row.
  }
  give_up();
}

asio::awaitable<ReadHistory::Given> PostgresStore::perform(ReadHistory asked) {
  const Parameters parameters = parameters_of(asked);
  const Rows rows = co_await run(select_history, parameters, Part::read);
  std::vector<Event> history = events_of(rows);
  std::reverse(history.begin(), history.end());
  co_return history;
}

asio::awaitable<ReadEvents::Given> PostgresStore::perform(ReadEvents asked) {
  const Parameters parameters = parameters_of(asked);
  const Rows rows = co_await run(select_events, parameters, Part::read);
  co_return events_of(rows);
}

asio::awaitable<LastEvent::Given> PostgresStore::perform(LastEvent /*asked*/) {
  const Parameters none;
  const Rows rows = co_await run(select_last_event, none, Part::read);
  if (rows.size() == 0) co_return Position{};
  co_return Position{static_cast<std::uint64_t>(rows.integer(0, 0)), rows.integer(0, 1)};
}

asio::awaitable<Ping::Given> PostgresStore::perform(Ping /*asked*/) {
  const Parameters none;
  co_await run(select_nothing, none, Part::read);
}

}  // namespace store
