// What was acknowledged survives the loss of power, at any moment. kill -9 cannot show that: the
// system still writes what a killed process left in its memory.
#include <gtest/gtest.h>

#include <array>

#include "base/random.h"
#include "store/disk_testing.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace {

using order::OrderStatus;
using store::LocalStore;
using store::MemoryStore;
using store::SqliteStore;

/// The connection that SQLite opened last. (Set by its own hook: the store hides it.)
sqlite3* latest_connection = nullptr;

int remember(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  latest_connection = connection;
  return SQLITE_OK;
}

void execute(const char* sql) {
  ASSERT_EQ(sqlite3_exec(latest_connection, sql, nullptr, nullptr, nullptr), SQLITE_OK);
}

/// A change that does the same to any store.
using Change = std::function<void(LocalStore&)>;

Change random_change(base::Random& random, int step) {
  const store::Timestamp now{step};
  const auto id = static_cast<order::OrderId>(1 + random.below(8));
  const std::string text(1 + random.below(255), static_cast<char>('a' + step % 26));
  switch (random.below(5)) {
    case 0:
    case 1:
      return [=](LocalStore& store) {
        (void)store.insert({text, "b", text, 1, step, text, "pending"}, {}, now);
      };
    case 2:
      return [=](LocalStore& store) { (void)store.update(id, {.menu = text}, {}, {}, now); };
    case 3:
      return [=](LocalStore& store) {
        const std::vector from = {OrderStatus::pending, OrderStatus::preparing};
        (void)store.transition(id, from, OrderStatus::cancelled, {.delivery_address = text}, {}, {},
                               now);
      };
    default:
      return [=](LocalStore& store) { (void)store.remove(id, {}, {}, now); };
  }
}

/// All that a store has.
struct Everything {
  std::vector<store::Order> orders;
  std::vector<store::Event> events;

  explicit Everything(LocalStore& store)
      : orders(store.list(0, 10'000)), events(store.events({}, 10'000)) {}
  bool operator==(const Everything&) const = default;
};

/// Makes batches of changes until the power fails. True if, when it is back, there is what was
/// acknowledged, and of the batch that was not, all or nothing.
bool keeps_its_word(std::uint64_t seed, const char* synchronous) {
  const std::string path = "/orders.sqlite3";
  store::TestDisk disk(seed);
  base::Random random(seed);
  MemoryStore expected;
  Everything acknowledged(expected);
  {
    SqliteStore store(path);
    execute(synchronous);
    execute("PRAGMA wal_autocheckpoint = 6");  // so that power fails during checkpoints, too
    // In memory now, and on its way to the disk.
    disk.fail_after(1 + random.below(150));
    for (int step = 0; disk.has_power(); ++step) {
      std::vector<Change> batch;
      for (std::uint64_t i = random.below(5) + 1; i > 0; --i)
        batch.push_back(random_change(random, step));
      std::vector<std::function<void()>> changes;
      for (const Change& change : batch) {
        change(expected);
        changes.emplace_back([&] {
          try {
            change(store);
          } catch (const store::StoreError&) {
            return;  // the power failed, and the batch will
          }
        });
      }
      try {
        store.together(changes);
        acknowledged = Everything(expected);
      } catch (const store::StoreError&) {
        EXPECT_FALSE(disk.has_power()) << "nothing else fails here";
      }
    }
  }
  disk.restore_power();
  try {
    SqliteStore again(path, std::chrono::milliseconds(0));
    const Everything there(again);
    return there == acknowledged || there == Everything(expected);
  } catch (const store::StoreError&) {
    return false;  // the file is no database any more
  }
}

class Durability : public testing::Test {
 protected:
  Durability() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(remember)); }
  ~Durability() override { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(remember)); }

  static constexpr std::uint64_t seeds = 400;
};

TEST_F(Durability, WhatWasAcknowledgedSurvivesALossOfPower) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    ASSERT_TRUE(keeps_its_word(seed, "PRAGMA synchronous")) << "seed " << seed;
}

// The near miss: the same store on the same disk, but it does not wait for the disk.
TEST_F(Durability, WithoutSyncingItWouldNot) {
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    lost += keeps_its_word(seed, "PRAGMA synchronous = OFF") ? 0 : 1;
  EXPECT_GT(lost, seeds / 4);
}

void make(LocalStore& store, std::span<const std::string> menus) {
  std::vector<std::function<void()>> changes;
  for (const std::string& menu : menus)
    changes.emplace_back([&store, &menu] {
      try {
        store.insert({"a", "b", menu, 1, 1, "d", "pending"}, {}, store::Timestamp{1});
      } catch (const store::StoreError&) {
        return;  // it keeps what happened to itself, as the writer's changes do
      }
    });
  store.together(changes);
}

// A change that failed otherwise than by its own value leaves the transaction in doubt: all or
// none.
TEST_F(Durability, OfChangesMadeTogetherNoneIsKeptIfOneMeetsAnErrorOfTheWorld) {
  const std::array menus = {std::string("a"), std::string(100'000, 'b'), std::string("c")};
  for (const char* limit : {"no room", "too long a text"}) {
    SCOPED_TRACE(limit);
    const store::TestDisk disk(1);
    SqliteStore store("/orders.sqlite3");
    if (limit == std::string_view("no room"))
      execute("PRAGMA max_page_count = 30");
    else
      sqlite3_limit(latest_connection, SQLITE_LIMIT_LENGTH, 50'000);
    try {
      make(store, menus);
      ADD_FAILURE() << "one of them cannot be made";
    } catch (const store::StoreError& error) {
      EXPECT_EQ(error.outcome(), store::StoreError::Outcome::not_committed);
    }
    EXPECT_TRUE(store.list(0, 10).empty());
    make(store, std::span(menus).first(1));
    EXPECT_EQ(store.list(0, 10).size(), 1u) << "the store goes on";
  }
}

}  // namespace
