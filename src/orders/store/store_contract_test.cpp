// What every store promises. Memory is the obvious one, and the oracle of the others.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/random.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace {

using order::OrderStatus;
using store::Changes;
using store::Draft;
using store::Order;
using store::OrderStore;
using store::Timestamp;

const Draft tteokbokki{"김고객", "맛나분식", "떡볶이", 2, 18'000, "서울시 마포구", "pending"};
constexpr Timestamp noon{1'714'521'600'123'456};
constexpr Timestamp later = noon + std::chrono::seconds(3);

/// A store of that kind, empty.
template <class Store>
struct Fresh;

template <>
struct Fresh<store::MemoryStore> {
  store::MemoryStore store;
};

template <>
struct Fresh<store::SqliteStore> {
  std::filesystem::path folder = make_folder();
  store::SqliteStore store{(folder / "orders.sqlite3").string()};

  ~Fresh() { std::filesystem::remove_all(folder); }
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    return mkdtemp(name.data());
  }
};

template <class Store>
class StoreContract : public testing::Test {
 protected:
  Fresh<Store> fresh;
  OrderStore& store = fresh.store;
};
using Stores = testing::Types<store::MemoryStore, store::SqliteStore>;
TYPED_TEST_SUITE(StoreContract, Stores);

TYPED_TEST(StoreContract, GivesBackWhatItTook) {
  const Order inserted = this->store.insert(tteokbokki, noon);
  EXPECT_EQ(inserted, (Order{tteokbokki, inserted.id, noon, noon, 1}));
  EXPECT_EQ(this->store.get(inserted.id), inserted);
  EXPECT_EQ(this->store.list(), std::vector{inserted});
}

TYPED_TEST(StoreContract, TextsAreKeptToTheByte) {
  Draft odd = tteokbokki;
  odd.menu = std::string("a\0b", 3) + "\n'; DROP TABLE orders; --\xF0\x9F\x8D\x94";
  odd.status = "";
  const Order inserted = this->store.insert(odd, noon);
  EXPECT_EQ(this->store.get(inserted.id)->menu, odd.menu);
  EXPECT_EQ(this->store.get(inserted.id)->status, "");
}

TYPED_TEST(StoreContract, AnIdIsNeverGivenTwice) {
  const auto first = this->store.insert(tteokbokki, noon).id;
  const auto second = this->store.insert(tteokbokki, noon).id;
  EXPECT_LT(first, second);
  EXPECT_TRUE(this->store.remove(second));
  EXPECT_LT(second, this->store.insert(tteokbokki, noon).id);
}

TYPED_TEST(StoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(this->store.get(7), std::nullopt);
  EXPECT_EQ(this->store.update(7, {.menu = "라면"}, noon), std::nullopt);
  EXPECT_FALSE(this->store.remove(7));
  const std::array from = {OrderStatus::pending};
  const auto outcome = this->store.transition(7, from, OrderStatus::cancelled, {}, noon);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().found, std::nullopt);
  EXPECT_TRUE(this->store.list().empty());
}

TYPED_TEST(StoreContract, SaveUndoesWhatOthersWroteMeanwhile) {
  Order read = this->store.insert(tteokbokki, noon);
  ASSERT_TRUE(this->store.update(read.id, {.delivery_address = "부산시"}, noon));
  read.status = "cancelled";
  read.updated_at = later;
  const Order saved = this->store.save(read);
  EXPECT_EQ(saved.delivery_address, tteokbokki.delivery_address) << "the update is lost";
  EXPECT_EQ(saved.status, "cancelled");
  EXPECT_EQ(saved.version, 3) << "each write counts";
  EXPECT_EQ(this->store.get(read.id), saved);
}

TYPED_TEST(StoreContract, SaveBringsADeletedOrderBack) {
  Order read = this->store.insert(tteokbokki, noon);
  ASSERT_TRUE(this->store.remove(read.id));
  read.status = "cancelled";
  const Order saved = this->store.save(read);
  EXPECT_EQ(saved.id, read.id);
  EXPECT_EQ(this->store.list(), std::vector{saved});
  EXPECT_GT(this->store.insert(tteokbokki, noon).id, read.id);
}

TYPED_TEST(StoreContract, UpdateWritesTheGivenColumnsOnly) {
  const Order before = this->store.insert(tteokbokki, noon);
  const Changes all{"이", "가게", "라면", 7, 5, "부산시"};
  const Changes each[] = {{.customer_name = all.customer_name},
                          {.restaurant_name = all.restaurant_name},
                          {.menu = all.menu},
                          {.quantity = all.quantity},
                          {.total_price = all.total_price},
                          {.delivery_address = all.delivery_address}};
  Order expected = before;
  for (const Changes& changes : each) {
    order::apply(changes, expected);
    expected.updated_at += std::chrono::seconds(1);
    ++expected.version;
    EXPECT_EQ(this->store.update(before.id, changes, expected.updated_at), expected);
  }
  EXPECT_EQ(this->store.get(before.id), expected);
}

TYPED_TEST(StoreContract, ATransitionTakesPlaceOnlyFromWhereItMayStart) {
  const Order before = this->store.insert(tteokbokki, noon);
  const std::array from = {OrderStatus::pending, OrderStatus::preparing};
  const auto won =
      this->store.transition(before.id, from, OrderStatus::cancelled, {.menu = "라면"}, later);
  ASSERT_TRUE(won);
  EXPECT_EQ(won->status, "cancelled");
  EXPECT_EQ(won->menu, "라면");
  EXPECT_EQ(won->updated_at, later);
  EXPECT_EQ(won->version, 2);
  const auto lost =
      this->store.transition(before.id, from, OrderStatus::preparing, {.menu = "김밥"}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().found, "cancelled");
  EXPECT_EQ(this->store.get(before.id), *won) << "a lost transition changes nothing";
}

TYPED_TEST(StoreContract, NoTransitionStartsFromNowhereOrFromAnUnknownStatus) {
  const Order pending = this->store.insert(tteokbokki, noon);
  EXPECT_FALSE(this->store.transition(pending.id, {}, OrderStatus::cancelled, {}, later));
  Draft odd = tteokbokki;
  odd.status = "cooking";
  const Order cooking = this->store.insert(odd, noon);
  const auto lost =
      this->store.transition(cooking.id, order::all_statuses, OrderStatus::cancelled, {}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().found, "cooking");
}

TYPED_TEST(StoreContract, AnIdThatIsTakenIsLeftAlone) {
  const Order eighth{tteokbokki, 8, noon, noon, 1};
  EXPECT_TRUE(this->store.insert_if_absent(eighth));
  Order other = eighth;
  other.menu = "라면";
  EXPECT_FALSE(this->store.insert_if_absent(other));
  EXPECT_EQ(this->store.get(8), eighth);
  EXPECT_EQ(this->store.insert(tteokbokki, noon).id, 9);
}

// Any sequence of operations has the same answers in SQLite as in memory.
TEST(StoreContract, SqliteAgreesWithMemory) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Fresh<store::MemoryStore> memory;
    Fresh<store::SqliteStore> sqlite;
    base::Random random(seed);
    for (int step = 0; step < 150; ++step) {
      const auto id = static_cast<order::OrderId>(1 + random.below(6));
      const Timestamp now = noon + std::chrono::seconds(step);
      const auto status = order::all_statuses.at(random.below(5));
      const std::uint64_t operation = random.below(6);
      const Changes changes{.menu = std::to_string(step)};
      const std::array from = {order::all_statuses.at(random.below(5)), OrderStatus::pending};
      const auto perform = [&](OrderStore& store) -> std::string {
        const auto shown = [](const std::optional<Order>& order) {
          return order ? order->menu + order->status + std::to_string(order->version) : "none";
        };
        switch (operation) {
          case 0:
            return shown(store.insert(tteokbokki, now));
          case 1:
            return std::to_string(store.remove(id));
          case 2:
            return shown(store.update(id, changes, now));
          case 3: {
            const auto outcome = store.transition(id, from, status, changes, now);
            return outcome ? shown(*outcome) : outcome.error().found.value_or("none");
          }
          case 4:
            return std::to_string(store.insert_if_absent({tteokbokki, id, now, now, 1}));
          default:
            return shown(store.save({tteokbokki, id, noon, now, 1}));
        }
      };
      ASSERT_EQ(perform(sqlite.store), perform(memory.store)) << "step " << step;
      ASSERT_EQ(sqlite.store.list(), memory.store.list()) << "step " << step;
    }
  }
}

}  // namespace
