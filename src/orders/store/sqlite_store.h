#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "store/known_orders.h"
#include "store/local_store.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace store {

/// Orders in one SQLite file, which other processes may have open too. Correct by SQLite's
/// lock alone: BEGIN IMMEDIATE takes it before what is read to be written; there is no lock in this
/// process that another would need.
///
/// A transaction reads a snapshot, of the moment of its first read, and becomes the one writer with
/// its first save() or get_for_update(): at once a Conflict if anybody has committed since that
/// read, else it waits for the writer before it.
class SqliteStore final : public LocalStore {
 public:
  /// How long to wait for locks of others, and for a search.
  static constexpr std::chrono::milliseconds usual_busy_timeout{5'000};

  /// Creates the file and its schema as needed. Throws StoreError, also for a database whose schema
  /// is older or newer than this program.
  /// `known` is shared by the stores of that file, which end in any order.
  explicit SqliteStore(const std::string& path,
                       std::chrono::milliseconds busy_timeout = usual_busy_timeout,
                       std::shared_ptr<KnownOrders> known = std::make_shared<KnownOrders>());

  /// Brings the file to the newest schema. Of several at once, one does it.
  static Migrated migrate(const std::string& path,
                          std::chrono::milliseconds busy_timeout = usual_busy_timeout);

  List::Given perform(const List& asked) override;
  Select::Given perform(const Select& asked) override;
  TakeExcerpt::Given perform(const TakeExcerpt& asked) override;
  Count::Given perform(const Count& asked) override;
  Get::Given perform(const Get& asked) override;
  Insert::Given perform(const Insert& asked) override;
  InsertOnce::Given perform(const InsertOnce& asked) override;
  InsertAbsent::Given perform(const InsertAbsent& asked) override;
  Save::Given perform(const Save& asked) override;
  Update::Given perform(const Update& asked) override;
  Transition::Given perform(const Transition& asked) override;
  Remove::Given perform(const Remove& asked) override;
  ReadHistory::Given perform(const ReadHistory& asked) override;
  ReadEvents::Given perform(const ReadEvents& asked) override;
  LastEvent::Given perform(const LastEvent& asked) override;
  Ping::Given perform(const Ping& asked) override;
  /// Remembers orders for as long as nobody else commits anything, in this process or another.
  std::optional<Order> get_at_once(OrderId id) override;
  std::unique_ptr<LocalTransaction> begin(Isolation isolation) override;
  /// One transaction. What it did is known to readers at once.
  void together(std::span<const std::function<void()>> changes) override;

 private:
  static Migrated migrate(sqlite::Connection& connection, Migrate which);

  class OwnTransaction;
  /// What is known of an idempotency key.
  struct Claim {
    std::string fingerprint;
    OrderId order = 0;
    Timestamp at{0};
  };

  std::optional<Order> get_impatiently(OrderId id);
  /// Prepared once, kept for ever: the number of different texts is small.
  sqlite::Statement& statement(std::string_view sql);
  /// Writes the columns in which they differ; the version is one of them.
  void overwrite(const Order& before, const Order& after);
  void execute(std::string_view sql, std::span<const sqlite::Parameter> parameters);
  /// The one number that a query gives.
  std::optional<std::int64_t> number(std::string_view sql, std::int64_t parameter);
  std::vector<Event> read_events(std::string_view sql,
                                 std::span<const sqlite::Parameter> parameters);
  void tell(const Event& event);
  void note(OrderId id, std::optional<Order> written);
  Order add(const Draft& draft, const Actor& actor, Timestamp now);
  std::optional<Claim> claim_of(const std::string& key);
  Order overwrite_or_add(const Order& order, const Actor& actor);
  /// The row, if it is there for the actor and has one of these versions.
  base::Result<Order, Lost> find(OrderId id, const Versions& versions, const Actor& actor);
  /// Writes `row`, as it was read in this transaction, with these changes.
  void write(Order& row, std::optional<OrderStatus> to, const Changes& changes, const Actor& actor,
             Timestamp now);

  std::chrono::milliseconds busy_timeout_;
  sqlite::Connection connection_;
  std::map<std::string, sqlite::Statement, std::less<>> statements_;
  std::map<unsigned, sqlite::Statement> overwrites_;  // by the columns that they write
  std::shared_ptr<KnownOrders> known_;
  std::optional<KnownOrders::Written> written_;  // by the changes that are being made together
};

}  // namespace store
