#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "store/migrations.h"
#include "store/order_store.h"
#include "store/postgres_pool.h"

namespace store {

/// Orders in a PostgreSQL database, which any number of processes share: nothing is remembered here
/// that another could have changed.
///
/// Each change is one statement, one round trip, and its own transaction: what it changes, the
/// event of it, and what it gives. A change that was not made is told from what the statement's
/// snapshot saw; where that says that it should have been made, somebody was faster, and it is
/// tried again. So is what PostgreSQL refuses for the sake of another (40001, 40P01), but in a
/// Transaction, whose caller gets a Conflict.
///
/// Each io_context that calls has a pool of its own, so nothing here is locked: `connections` for
/// single statements, each with up to `pipelined` on their way, and `transactions` more, one for
/// each that runs. They are opened when they are needed, and the pool ends with its context. A
/// context has one thread. Who finds all in use waits in line for `patience`. A statement waits for
/// those before it on its connection, be it for a lock that they wait for; it goes where the fewest
/// are.
///
/// The events of an order are in the order of its versions, but for what a Transaction does that
/// has changed another order before. An event can be read as soon as every older transaction is
/// over; those of other databases of the same server count, too. A transaction's number (xid8)
/// means something in its own cluster only: after a dump was restored into another one, begin from
/// last_event().
class PostgresStore final : public OrderStore {
 public:
  using Options = postgres::PoolOptions;

  /// Connects once, here and now, to see to the schema: creates it in a new database. Throws
  /// StoreError, also for a schema that is older or newer than this program.
  explicit PostgresStore(Options options);

  /// Brings the database to the newest schema. Blocks. Of several at once, one does it.
  static Migrated migrate(const postgres::Server& server, Migrate which = Migrate::all);

  asio::awaitable<List::Given> perform(List asked) override;
  asio::awaitable<Select::Given> perform(Select asked) override;
  asio::awaitable<TakeExcerpt::Given> perform(TakeExcerpt asked) override;
  asio::awaitable<Count::Given> perform(Count asked) override;
  asio::awaitable<Get::Given> perform(Get asked) override;
  asio::awaitable<Insert::Given> perform(Insert asked) override;
  asio::awaitable<InsertOnce::Given> perform(InsertOnce asked) override;
  asio::awaitable<InsertAbsent::Given> perform(InsertAbsent asked) override;
  asio::awaitable<Save::Given> perform(Save asked) override;
  asio::awaitable<Update::Given> perform(Update asked) override;
  asio::awaitable<Transition::Given> perform(Transition asked) override;
  asio::awaitable<Remove::Given> perform(Remove asked) override;
  asio::awaitable<ReadHistory::Given> perform(ReadHistory asked) override;
  asio::awaitable<ReadEvents::Given> perform(ReadEvents asked) override;
  asio::awaitable<LastEvent::Given> perform(LastEvent asked) override;
  asio::awaitable<Ping::Given> perform(Ping asked) override;
  asio::awaitable<std::unique_ptr<Transaction>> begin(Isolation isolation) override;

 private:
  class RunningTransaction;

  asio::awaitable<postgres::Rows> run(const postgres::Statement& statement,
                                      const postgres::Parameters& parameters, postgres::Part part);
  /// As long as somebody else was faster.
  asio::awaitable<postgres::Rows> run_again(const postgres::Statement& statement,
                                            const postgres::Parameters& parameters,
                                            postgres::Part part);
  using Sources = std::vector<OrderStatus>;
  /// A statement that gives whether it was made, and the order as it is or was found.
  asio::awaitable<base::Result<Order, Lost>> make_change(const postgres::Statement& statement,
                                                         postgres::Parameters parameters,
                                                         std::optional<Sources> from,
                                                         Versions versions, Actor actor);
  asio::awaitable<std::unique_ptr<RunningTransaction>> begin_one(Isolation isolation);

  const std::shared_ptr<const Options> options_;
  const std::uint64_t number_;  // of this store, among those of the program
};

}  // namespace store
