#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "store/memory_store.h"
#include "store/store_threads.h"
#include "strategy/conditional.h"
#include "strategy/naive.h"

namespace {

using order::Order;
using order::OrderStatus;
using order::Refusal;
using order::Role;

/// Over a map; what threads do to each other is the store's own test.
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
    return run(store.insert(std::move(draft), {}, order::timestamp(clock.wall())));
  }

  base::Result<Order, strategy::Refused> change(order::OrderId id, OrderStatus to, Role who,
                                                order::Changes others = {}) {
    strategy::StatusChange wanted{.to = to, .who = who, .others = std::move(others)};
    return run(strategy::change_conditionally(store, clock, id, std::move(wanted)));
  }

  store::StoreThreads store{[memory = std::make_shared<store::Memory>()] {
    return std::make_unique<store::MemoryStore>(memory);
  }};
  base::FakeClock clock;

 private:
  asio::io_context context_;
};

// read A |-----------|  overwrite A
//             update B |--|              B is lost
TEST_F(Strategies, NaiveUndoesWhatOthersWroteSinceTheRead) {
  Order read = insert();
  const auto updated = run(store.update(read.id, {.menu = "changed"}, {}, {}, {}));
  ASSERT_TRUE(updated);
  clock.advance(std::chrono::seconds(3));
  read.status = "cancelled";
  const Order saved = run(strategy::overwrite(store, clock, read, base::Nanoseconds(1), {}));
  EXPECT_EQ(saved.menu, "c");
  EXPECT_EQ(saved.status, "cancelled");
  EXPECT_EQ(saved.updated_at, order::timestamp(clock.wall()));
}

TEST_F(Strategies, NaiveBringsBackWhatWasDeleted) {
  const Order read = insert();
  ASSERT_TRUE(run(store.remove(read.id, {}, {}, {})));
  EXPECT_EQ(run(strategy::overwrite(store, clock, read, {}, {})).id, read.id);
}

TEST_F(Strategies, NaiveLetsTwoWhoReadTheSameBothWin) {
  Order customer = insert();
  Order restaurant = customer;
  customer.status = "cancelled";
  restaurant.status = "preparing";
  EXPECT_EQ(run(strategy::overwrite(store, clock, customer, {}, {})).status, "cancelled");
  EXPECT_EQ(run(strategy::overwrite(store, clock, restaurant, {}, {})).status, "preparing");
}

TEST_F(Strategies, ConditionalLetsOneOfThemWin) {
  const Order order = insert();
  const auto cancelled = change(order.id, OrderStatus::cancelled, Role::customer);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->status, "cancelled");
  const auto accepted = change(order.id, OrderStatus::preparing, Role::restaurant);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().found, "cancelled");
  EXPECT_EQ(accepted.error().why, Refusal::no_transition);
}

TEST_F(Strategies, ConditionalTellsAStaleVersionFromARefusedChange) {
  const Order order = insert();
  const auto change_at = [&](order::Version version) {
    strategy::StatusChange wanted{
        .to = OrderStatus::preparing, .who = Role::restaurant, .versions = {{version}}};
    return run(strategy::change_conditionally(store, clock, order.id, std::move(wanted)));
  };
  const auto stale = change_at(7);
  ASSERT_FALSE(stale);
  EXPECT_TRUE(stale.error().stale) << "though the table allows it";
  EXPECT_TRUE(change_at(1));
  const auto refused = change_at(2);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().stale);
  EXPECT_EQ(refused.error().why, Refusal::same_status);
}

TEST_F(Strategies, ConditionalTellsTheHistoryWhoItWas) {
  const Order order = insert();
  strategy::StatusChange wanted{
      .to = OrderStatus::cancelled, .who = Role::customer, .actor = {Role::customer, "kim"}};
  ASSERT_TRUE(run(strategy::change_conditionally(store, clock, order.id, std::move(wanted))));
  const auto history = run(store.history(order.id));
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history.back().actor, (store::Actor{Role::customer, "kim"}));
}

TEST_F(Strategies, ConditionalWritesStatusAndOthersTogetherOrNothing) {
  const Order order = insert();
  const auto refused = change(order.id, OrderStatus::delivered, Role::rider, {.menu = "x"});
  ASSERT_FALSE(refused);
  const auto changed = change(order.id, OrderStatus::preparing, Role::restaurant, {.menu = "y"});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->menu, "y");
  EXPECT_EQ(changed->version, 2) << "the refused change wrote nothing, this one wrote once";
}

TEST_F(Strategies, ConditionalFollowsTheTable) {
  for (const OrderStatus from : order::all_statuses) {
    for (const OrderStatus to : order::all_statuses) {
      for (const Role who : order::all_roles) {
        const Order order = insert(std::string(order::name_of(from)));
        const auto allowed = order::may_change(from, to, who);
        const auto changed = change(order.id, to, who);
        ASSERT_EQ(changed.has_value(), allowed.has_value());
        if (changed) continue;
        EXPECT_EQ(changed.error().found, order::name_of(from));
        EXPECT_EQ(changed.error().why, allowed.error());
      }
    }
  }
}

TEST_F(Strategies, ConditionalRefusesWhatItDoesNotKnow) {
  const auto missing = change(77, OrderStatus::cancelled, Role::customer);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().found, std::nullopt);
  const auto odd = change(insert("cooking").id, OrderStatus::cancelled, Role::customer);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().found, "cooking");
}

}  // namespace
