#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "store/known_orders.h"
#include "store/order_store.h"
#include "store/sqlite.h"

namespace store {

/// Orders in one SQLite file, which other processes may have open too. Correct by SQLite's
/// lock alone: BEGIN IMMEDIATE takes it before what is read to be written; there is no lock in this
/// process that another would need.
class SqliteStore final : public OrderStore {
 public:
  /// How long to wait for locks of others.
  static constexpr std::chrono::milliseconds usual_busy_timeout{5'000};

  /// Creates the file and applies migrations as needed. Throws StoreError, also for a database that
  /// a newer program has migrated.
  /// `known` is shared by the stores of that file, which end in any order.
  explicit SqliteStore(const std::string& path,
                       std::chrono::milliseconds busy_timeout = usual_busy_timeout,
                       std::shared_ptr<KnownOrders> known = std::make_shared<KnownOrders>());

  std::vector<Order> list() override;
  std::optional<Order> get(OrderId id) override;
  /// Remembers orders for as long as nobody else commits anything, in this process or another.
  std::optional<Order> get_at_once(OrderId id) override;
  Order insert(const Draft& draft, Timestamp now) override;
  bool insert_if_absent(const Order& order) override;
  Order save(const Order& order) override;
  std::optional<Order> update(OrderId id, const Changes& changes, Timestamp now) override;
  base::Result<Order, Lost> transition(OrderId id, std::span<const OrderStatus> from,
                                       OrderStatus to, const Changes& changes,
                                       Timestamp now) override;
  bool remove(OrderId id) override;
  /// One transaction. What it did is known to readers at once.
  void together(std::span<const std::function<void()>> changes) override;

 private:
  std::optional<Order> get_impatiently(OrderId id);
  /// Prepared once, kept for ever: the number of different texts is small.
  sqlite::Statement& statement(std::string_view sql);
  void perform(std::string_view sql, std::span<const sqlite::Parameter> parameters);
  std::optional<std::int64_t> version_of(OrderId id);
  void note(OrderId id, std::optional<Order> written);
  /// Writes `row`, as it was read in this transaction, with these changes.
  void write(Order& row, const Changes& changes, Timestamp now);

  std::chrono::milliseconds busy_timeout_;
  sqlite::Connection connection_;
  std::map<std::string, sqlite::Statement, std::less<>> statements_;
  std::shared_ptr<KnownOrders> known_;
  std::optional<KnownOrders::Written> written_;  // by the changes that are being made together
};

}  // namespace store
