// What each strategy makes of a change that another one comes in between.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>

#include "store/sqlite_store.h"
#include "store/store_threads.h"
#include "strategy/backoff.h"
#include "strategy/conditional.h"
#include "strategy/naive.h"
#include "strategy/strategies.h"

namespace {

using order::Order;
using order::OrderStatus;
using order::Refusal;
using order::Role;
using strategy::Change;
using Why = strategy::Refused::Why;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "strategy-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file() const { return path_ / "orders.sqlite3"; }

 private:
  std::filesystem::path path_;
};

class Strategies : public testing::Test {
 protected:
  template <class T>
  T run(asio::awaitable<T> work) {
    context_.restart();
    auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    return result.get();
  }

  Order insert(std::string status = "pending") {
    store::Draft draft{"a", "b", "c", 1, 1, "d", std::move(status)};
    return run(store_.insert(std::move(draft), nobody_, now()));
  }
  Order get(order::OrderId id) { return run(store_.get(id)).value(); }
  order::Timestamp now() const { return order::timestamp(clock_.wall()); }

  static Change to(order::OrderId id, OrderStatus status, Role who) {
    Change change;
    change.id = id;
    change.status = {status, who};
    return change;
  }
  static Change menu(order::OrderId id, std::string text) {
    Change change;
    change.id = id;
    change.others.menu = std::move(text);
    return change;
  }

  strategy::Outcome make(std::string_view name, Change change,
                         std::function<asio::awaitable<void>()> meanwhile = {}) {
    strategy::Means means{store_, clock_, std::move(meanwhile)};
    return run(strategy::find_strategy(name)->change(means, std::move(change)));
  }

  /// For `meanwhile`: others make these changes, one each time, and then no more.
  std::function<asio::awaitable<void>()> others_make(std::vector<Change> changes) {
    auto left = std::make_shared<std::vector<Change>>(std::move(changes));
    return [this, left] { return make_next(left); };
  }
  asio::awaitable<void> make_next(std::shared_ptr<std::vector<Change>> left) {
    if (left->empty()) co_return;
    Change change = left->front();
    left->erase(left->begin());
    const strategy::Means means{store_, clock_};
    const strategy::Outcome made = co_await strategy::change_conditionally(means, change);
    EXPECT_TRUE(made.result.has_value());
  }

  Folder folder_;
  store::StoreThreads store_{
      [this] { return std::make_unique<store::SqliteStore>(folder_.file()); }};
  base::FakeClock clock_;
  store::Actor nobody_;
  asio::io_context context_;
};

// accept   read pending |-----------------------| write preparing
// cancel                   | write cancelled |
TEST_F(Strategies, ACancellationComesBetweenReadAndWrite) {
  struct Case {
    std::string_view strategy;
    bool told_yes;
    Why why = Why::missing;
    std::uint32_t conflicts = 0;
  };
  const Case cases[] = {
      {"naive", true},
      {"check-then-act", true},
      // SQLite refuses a transaction to write whose snapshot is out of date.
      {"transaction", false, Why::conflict, 1},
      {"version", false, Why::rule, 1},
      {"serializable", false, Why::rule, 1},
      // It has read nothing yet.
      {"conditional", false, Why::rule, 0},
  };
  for (const Case& c : cases) {
    const Order order = insert();
    const auto made = make(c.strategy, to(order.id, OrderStatus::preparing, Role::restaurant),
                           others_make({to(order.id, OrderStatus::cancelled, Role::customer)}));
    EXPECT_EQ(made.result.has_value(), c.told_yes) << c.strategy;
    EXPECT_EQ(get(order.id).status, c.told_yes ? "preparing" : "cancelled") << c.strategy;
    if (c.told_yes) continue;
    EXPECT_EQ(made.result.error().why, c.why) << c.strategy;
    EXPECT_EQ(made.conflicts, c.conflicts) << c.strategy;
  }
}

// accept   hold |---------------------| write preparing, let go
// cancel           | ...waits...                               | refused
TEST_F(Strategies, WhoHoldsTheLockIsNotDisturbed) {
  const Order order = insert();
  std::future<strategy::Outcome> late;
  const auto come_too_late = [&]() -> asio::awaitable<void> {
    const strategy::Means means{store_, clock_};
    late = asio::co_spawn(context_,
                          strategy::find_strategy("lock")->change(
                              means, to(order.id, OrderStatus::cancelled, Role::customer)),
                          asio::use_future);
    return strategy::pause(std::chrono::milliseconds(1));
  };
  const auto made =
      make("lock", to(order.id, OrderStatus::preparing, Role::restaurant), come_too_late);
  ASSERT_TRUE(made.result);
  const strategy::Outcome other = late.get();
  ASSERT_FALSE(other.result);
  EXPECT_EQ(other.result.error().why, Why::rule);
  EXPECT_EQ(other.result.error().status, "preparing");
  EXPECT_EQ(get(order.id).version, 2);
}

// accept   read pending |-------------| write preparing?
// other                    | hold ---------...
TEST_F(Strategies, ATransactionThatComesUpAgainstALockIsAConflict) {
  const Order order = insert();
  std::unique_ptr<store::Transaction> other;
  const auto hold = [&]() -> asio::awaitable<void> {
    other = co_await store_.begin(store::Isolation::read_committed);
    const std::optional<Order> held = co_await other->get_for_update(order.id);
    EXPECT_TRUE(held);
  };
  const auto made =
      make("transaction", to(order.id, OrderStatus::preparing, Role::restaurant), hold);
  ASSERT_FALSE(made.result);
  EXPECT_EQ(made.result.error().why, Why::conflict);
  other.reset();
  EXPECT_EQ(get(order.id).status, "pending");
}

// change menu      read |------------------| write
// change address           | write |         lost, or not
TEST_F(Strategies, AnotherColumnIsChangedBetweenReadAndWrite) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    if (each.name == "lock") continue;  // nobody comes in between
    const Order order = insert();
    Change moved;
    moved.id = order.id;
    moved.others.delivery_address = "moved";
    const auto made = make(each.name, menu(order.id, "x"), others_make({moved}));
    const bool loses = each.name == "naive" || each.name == "check-then-act";
    EXPECT_EQ(get(order.id).delivery_address, loses ? "d" : "moved") << each.name;
    EXPECT_EQ(made.result.has_value(), each.name != "transaction") << each.name;
  }
}

TEST_F(Strategies, NaiveBringsBackWhatWasDeleted) {
  const Order read = insert();
  ASSERT_TRUE(run(store_.remove(read.id, store::Versions(), nobody_, now())));
  const strategy::Means means{store_, clock_};
  EXPECT_EQ(run(strategy::overwrite(means, read, nobody_)).id, read.id);
}

TEST_F(Strategies, TimeIsTakenWhenItIsWritten) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    const Order order = insert();
    const auto time_passes = [this] {
      clock_.advance(std::chrono::seconds(3));
      return strategy::pause(base::Nanoseconds::zero());
    };
    const auto made = make(each.name, menu(order.id, "x"), time_passes);
    ASSERT_TRUE(made.result) << each.name;
    EXPECT_EQ(made.result->updated_at, now()) << each.name;
    EXPECT_EQ(made.result->created_at, order.created_at) << each.name;
  }
}

TEST_F(Strategies, ThoseWithARuleFollowTheTable) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    for (const order::OrderStatus from : order::all_statuses) {
      for (const OrderStatus status : order::all_statuses) {
        for (const Role who : order::all_roles) {
          const Order order = insert(std::string(order::name_of(from)));
          const auto allowed = order::may_change(from, status, who);
          const auto made = make(each.name, to(order.id, status, who));
          if (each.name == "naive") {
            ASSERT_TRUE(made.result) << "it has none";
            continue;
          }
          ASSERT_EQ(made.result.has_value(), allowed.has_value()) << each.name;
          if (made.result) continue;
          EXPECT_EQ(made.result.error().why, Why::rule);
          EXPECT_EQ(made.result.error().status, order::name_of(from));
          EXPECT_EQ(made.result.error().refusal, allowed.error());
        }
      }
    }
  }
}

TEST_F(Strategies, WhatIsNotThereOrNotKnownIsRefused) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    const auto missing = make(each.name, to(77, OrderStatus::cancelled, Role::customer));
    ASSERT_FALSE(missing.result) << each.name;
    EXPECT_EQ(missing.result.error().why, Why::missing);
    if (each.name == "naive") continue;
    const Order odd = insert("cooking");
    const auto refused = make(each.name, to(odd.id, OrderStatus::cancelled, Role::customer));
    ASSERT_FALSE(refused.result) << each.name;
    EXPECT_EQ(refused.result.error().status, "cooking");
    EXPECT_EQ(refused.result.error().refusal, Refusal::no_transition);
  }
}

TEST_F(Strategies, AnotherVersionThanIsWantedIsRefused) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    const Order order = insert();
    Change change = to(order.id, OrderStatus::cancelled, Role::customer);
    change.others.menu = "x";
    for (const store::Versions& other :
         {store::one_of({}), store::one_of({2}), store::one_of({2, 3}), store::any_but({1}),
          store::any_but({1, 2})}) {
      change.versions = other;
      const auto made = make(each.name, change);
      ASSERT_FALSE(made.result) << each.name;
      EXPECT_EQ(made.result.error().why, Why::other_version);
      EXPECT_EQ(made.result.error().version, 1);
    }
    change.versions = store::one_of({7, 1});
    const auto made = make(each.name, change);
    ASSERT_TRUE(made.result) << each.name;
    EXPECT_EQ(made.result->status, "cancelled");
    EXPECT_EQ(made.result->menu, "x") << "with its status, as one change";
    EXPECT_EQ(made.result->version, 2) << each.name;
  }
}

TEST_F(Strategies, AStatusMayStayWhereThatIsWanted) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    const Order order = insert();
    Change change = to(order.id, OrderStatus::pending, Role::customer);
    change.status->may_stay = true;
    change.others.menu = "x";
    const auto made = make(each.name, change);
    ASSERT_TRUE(made.result) << each.name;
    EXPECT_EQ(made.result->status, "pending");
    EXPECT_EQ(made.result->menu, "x");
  }
}

TEST_F(Strategies, WhoAlwaysLosesGivesUp) {
  for (const std::string_view name : {"version", "serializable"}) {
    const Order order = insert();
    const std::vector<Change> many(strategy::Backoff::most_conflicts + 1, menu(order.id, "theirs"));
    const auto made = make(name, menu(order.id, "ours"), others_make(many));
    ASSERT_FALSE(made.result) << name;
    EXPECT_EQ(made.result.error().why, Why::conflict);
    EXPECT_EQ(made.conflicts, strategy::Backoff::most_conflicts);
    EXPECT_EQ(get(order.id).menu, "theirs");
  }
}

TEST_F(Strategies, AreFoundByTheirNames) {
  for (const strategy::Strategy& each : strategy::all_strategies())
    EXPECT_EQ(strategy::find_strategy(each.name), &each);
  EXPECT_EQ(strategy::find_strategy("hope"), nullptr);
}

}  // namespace
